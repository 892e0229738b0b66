package cluster

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/concourse/concourse-kubernetes/testflight/host"
	"github.com/concourse/concourse-kubernetes/testflight/supervise"
)

func (c *Cluster) registry() supervise.Service {
	return c.registryAt("registry", c.Registry(), http.StatusOK)
}

func (c *Cluster) privateRegistry() supervise.Service {
	registry := c.registryAt("private-registry", c.PrivateRegistry(), http.StatusUnauthorized)
	file := c.path("private-registry.logins")
	registry.Command = append(registry.Command, "--logins="+file)
	makeFolder := registry.Prepare
	registry.Prepare = func(ctx context.Context) error {
		var logins strings.Builder
		for _, login := range c.RegistryLogins() {
			fmt.Fprintf(&logins, "%s:%s\n", login.User, login.Password)
		}
		if err := host.WriteFile(file, []byte(logins.String()), 0o600); err != nil {
			return err
		}
		return makeFolder(ctx)
	}
	return registry
}

// registryAt is a registry that answers those without a login with that status.
func (c *Cluster) registryAt(name, address string, status int) supervise.Service {
	layers := c.path("layers", name)
	return supervise.Service{
		Name:        name,
		Dir:         c.stateDir,
		Environment: environment(),
		Command:     []string{c.path("bin", registryProgram.name), "--address=" + address, "--directory=" + layers},
		Prepare:     func(context.Context) error { return os.MkdirAll(layers, 0o755) },
		Ready:       func(ctx context.Context) error { return c.answers(ctx, "http://"+address+"/v2/", status) },
	}
}
