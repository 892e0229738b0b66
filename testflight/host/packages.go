package cluster

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// packages are the Debian packages that the cluster is made of, each with a file
// (a pattern) that is there once it is installed.
var packages = map[string]string{
	"etcd-server":                 "/usr/bin/etcd",
	"containerd":                  "/usr/bin/containerd",
	"runc":                        "/usr/sbin/runc",
	"containernetworking-plugins": "/usr/lib/cni/bridge",
	"iptables":                    "/usr/sbin/iptables",
	"iproute2":                    "/bin/ip",
	"postgresql":                  "/usr/lib/postgresql/*/bin/postgres",
	"busybox-static":              "/bin/busybox",
	"bash-static":                 "/bin/bash-static",
}

// MissingPackages returns the Debian packages that InstallPackages would install.
func (c *Cluster) MissingPackages() []string {
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		if found, _ := filepath.Glob(packages[name]); len(found) == 0 {
			missing = append(missing, name)
		}
	}
	return missing
}

// InstallPackages installs what is missing, with apt-get.
func (c *Cluster) InstallPackages(ctx context.Context) error {
	missing := c.MissingPackages()
	if len(missing) == 0 {
		return nil
	}
	c.printf("installing the Debian packages %s\n", strings.Join(missing, ", "))
	return c.timed("packages", inTurn(
		aptGet("update"),
		aptGet(append([]string{"install", "--yes", "--no-install-recommends"}, missing...)...),
	))(ctx)
}

func aptGet(arguments ...string) stage {
	return func(ctx context.Context) error {
		command := exec.CommandContext(ctx, "apt-get", arguments...)
		command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		_, err := run(command)
		return err
	}
}
