package cluster

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
)

func (c *Cluster) registry() part {
	return c.registryPart("registry", c.Registry(), http.StatusOK)
}

func (c *Cluster) privateRegistry() part {
	p := c.registryPart("private-registry", c.PrivateRegistry(), http.StatusUnauthorized)
	file := c.path("private-registry.logins")
	p.command = append(p.command, "--logins="+file)
	makeFolder := p.prepare
	p.prepare = func(ctx context.Context) error {
		var logins strings.Builder
		for _, login := range c.RegistryLogins() {
			fmt.Fprintf(&logins, "%s:%s\n", login.User, login.Password)
		}
		if err := write(file, []byte(logins.String()), 0o600); err != nil {
			return err
		}
		return makeFolder(ctx)
	}
	return p
}

// registryPart is a registry that answers those without a login with that status.
func (c *Cluster) registryPart(name, address string, status int) part {
	layers := c.path("layers", name)
	return part{
		name:    name,
		dir:     c.stateDir,
		command: []string{c.path("bin", registryProgram.name), "--address=" + address, "--directory=" + layers},
		prepare: func(context.Context) error { return os.MkdirAll(layers, 0o755) },
		ready:   func(ctx context.Context) error { return c.answers(ctx, "http://"+address+"/v2/", status) },
	}
}
