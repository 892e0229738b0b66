package cluster

import (
	"context"
	"fmt"
	"strings"
	"text/template"

	"github.com/concourse/concourse-kubernetes/testflight/host"
	"github.com/concourse/concourse-kubernetes/testflight/supervise"
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

func (n node) containerd() supervise.Service {
	return supervise.Service{
		Name:        n.named("containerd"),
		Dir:         n.cluster.stateDir,
		Environment: environment(),
		Command:     []string{"/usr/bin/containerd", "--config", n.path("containerd", "config.toml")},
		Prepare:     n.writeContainerdConfig,
		Ready: func(ctx context.Context) error {
			_, err := n.ctr(ctx, "images", "list", "--quiet")
			return err
		},
	}
}

func (n node) writeContainerdConfig(context.Context) error {
	config, err := n.containerdConfig()
	if err != nil {
		return err
	}
	if err := host.WriteFile(n.path("containerd", "config.toml"), []byte(config), 0o644); err != nil {
		return err
	}
	if err := host.WriteJSON(n.path("cni", "config", "pods.conflist"), n.cniConfig()); err != nil {
		return err
	}
	for _, registry := range n.cluster.Registries() {
		if err := host.WriteFile(n.path("containerd", "registries", registry, "hosts.toml"), hostsConfig(registry), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (n node) containerdConfig() (string, error) {
	var config strings.Builder
	err := containerdConfig.Execute(&config, map[string]string{
		"Root":         n.path("containerd", "root"),
		"State":        n.path("containerd", "state"),
		"Socket":       n.containerdSocket(),
		"Opt":          n.path("containerd", "opt"),
		"Runc":         n.path("containerd", "runc"),
		"Registries":   n.path("containerd", "registries"),
		"CNI":          n.path("cni", "config"),
		"SandboxImage": sandboxImage,
	})
	return config.String(), err
}

// hostsConfig tells containerd that a registry speaks HTTP.
func hostsConfig(registry string) []byte {
	return fmt.Appendf(nil, "server = \"http://%[1]s\"\n\n[host.\"http://%[1]s\"]\n  capabilities = [\"pull\", \"resolve\"]\n", registry)
}

// ctr asks the node's containerd, in the kubelet's namespace.
func (n node) ctr(ctx context.Context, arguments ...string) (string, error) {
	return host.Output(ctx, "ctr", append([]string{"--address", n.containerdSocket(), "--namespace", "k8s.io"}, arguments...)...)
}
