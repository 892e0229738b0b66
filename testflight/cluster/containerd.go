package cluster

import (
	"context"
	"fmt"
	"strings"
	"text/template"
)

// sandboxImage is imported, never pulled: no registry has that name.
const sandboxImage = "localhost/concourse-testflight/pause:1"

var containerdConfig = template.Must(template.New("containerd").Parse(`version = 2
root = {{printf "%q" .Root}}
state = {{printf "%q" .State}}

[grpc]
  address = {{printf "%q" .Socket}}

[plugins."io.containerd.internal.v1.opt"]
  path = {{printf "%q" .Opt}}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = {{printf "%q" .SandboxImage}}
  # Runc may not lower the score without CAP_SYS_RESOURCE.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = {{printf "%q" .CNI}}

  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = {{printf "%q" .Registries}}

  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      Root = {{printf "%q" .Runc}}
`))

func (c *Cluster) containerd() part {
	return part{
		name:    "containerd",
		dir:     c.stateDir,
		command: []string{"/usr/bin/containerd", "--config", c.path("containerd", "config.toml")},
		prepare: c.writeContainerdConfig,
		ready: func(ctx context.Context) error {
			_, err := c.ctr(ctx, "images", "list", "--quiet")
			return err
		},
	}
}

func (c *Cluster) writeContainerdConfig(context.Context) error {
	config, err := c.containerdConfig()
	if err != nil {
		return err
	}
	if err := write(c.path("containerd", "config.toml"), []byte(config), 0o644); err != nil {
		return err
	}
	if err := writeJSON(c.path("cni", "config", "pods.conflist"), c.cniConfig()); err != nil {
		return err
	}
	for _, registry := range []string{c.Registry(), c.PrivateRegistry(), c.SpecRegistry()} {
		if err := write(c.path("containerd", "registries", registry, "hosts.toml"), hostsConfig(registry), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) containerdConfig() (string, error) {
	var config strings.Builder
	err := containerdConfig.Execute(&config, map[string]string{
		"Root":         c.path("containerd", "root"),
		"State":        c.path("containerd", "state"),
		"Socket":       c.containerdSocket(),
		"Opt":          c.path("containerd", "opt"),
		"Runc":         c.path("containerd", "runc"),
		"Registries":   c.path("containerd", "registries"),
		"CNI":          c.path("cni", "config"),
		"SandboxImage": sandboxImage,
	})
	return config.String(), err
}

// hostsConfig tells containerd that a registry speaks HTTP.
func hostsConfig(registry string) []byte {
	return fmt.Appendf(nil, "server = \"http://%[1]s\"\n\n[host.\"http://%[1]s\"]\n  capabilities = [\"pull\", \"resolve\"]\n", registry)
}

// ctr asks our containerd, in the kubelet's namespace.
func (c *Cluster) ctr(ctx context.Context, arguments ...string) (string, error) {
	return output(ctx, "ctr", append([]string{"--address", c.containerdSocket(), "--namespace", "k8s.io"}, arguments...)...)
}
