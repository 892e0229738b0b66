package concourse

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/concourse/concourse-kubernetes/testflight/cluster"
	"github.com/concourse/concourse/atc"
	"github.com/google/go-containerregistry/pkg/crane"
)

// ContainerdWorkerName is the name of the worker of upstream's containerd runtime.
const ContainerdWorkerName = "containerd"

const containerdDaemon = "containerd-worker"

// containerdConfig suits Debian's containerd, which is older than upstream's own
// configuration file is for. Its score stays: lowering it needs CAP_SYS_RESOURCE.
const containerdConfig = `version = 2
oom_score = 0
disabled_plugins = ["io.containerd.grpc.v1.cri"]

[plugins."io.containerd.internal.v1.opt"]
  path = %q
`

// StartContainerdWorker has a worker of upstream's containerd runtime running
// beside the Kubernetes worker, with these flags added: --tag=NAME, say. Its
// socket, ports, network device and packet filter rules have names that cannot be
// chosen, so it is isolated.
func (c *Concourse) StartContainerdWorker(ctx context.Context, flags ...string) error {
	keys, err := c.keys(ctx)
	if err != nil {
		return err
	}
	dir := filepath.Join(c.Cluster.DaemonDir(), containerdDaemon)
	types := filepath.Join(dir, "resource-types")
	for _, baseType := range []string{"registry-image", "mock"} {
		if err := c.writeBaseType(filepath.Join(types, baseType), baseType); err != nil {
			return fmt.Errorf("image of base resource type %s: %w", baseType, err)
		}
	}
	config := filepath.Join(dir, "containerd.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, containerdConfig, filepath.Join(dir, "opt")), 0o644); err != nil {
		return err
	}

	const healthcheckPort = "8888"
	address := c.Cluster.IsolatedAddress()
	return c.Cluster.RunDaemon(ctx, cluster.Daemon{
		Name:     containerdDaemon,
		Isolated: true,
		Command: append([]string{
			c.program("concourse"), "worker",
			"--runtime=containerd",
			flagOf("name", ContainerdWorkerName),
			flagOf("work-dir", filepath.Join(dir, "work")),
			flagOf("tsa-host", c.Cluster.NodeAddress()+":"+strconv.Itoa(c.Cluster.Port(tsaPort))),
			flagOf("tsa-public-key", filepath.Join(keys, "tsa.pub")),
			flagOf("tsa-worker-private-key", filepath.Join(keys, "worker")),
			flagOf("resource-types", types),
			flagOf("containerd-config", config),
			flagOf("containerd-init-bin", c.Cluster.PauseProgram()),
			flagOf("containerd-cni-plugins-dir", "/usr/lib/cni"),
			flagOf("containerd-network-pool", c.Cluster.IsolatedCIDR()),
			flagOf("containerd-external-ip", address),
			"--containerd-allow-host-access",
			"--baggageclaim-driver=overlay",
			flagOf("healthcheck-bind-ip", address),
			flagOf("healthcheck-bind-port", healthcheckPort),
			"--sweep-interval=5s",
		}, flags...),
		Ready: func(ctx context.Context) error { return answers(ctx, "http://"+address+":"+healthcheckPort) },
	})
}

// StopContainerdWorker ends the containerd worker and its containers. Web takes
// it for stalled after a while, unless it is told to forget it.
func (c *Concourse) StopContainerdWorker(ctx context.Context) error {
	return c.Cluster.StopDaemon(ctx, containerdDaemon)
}

// writeBaseType writes a base resource type into a folder as `concourse worker
// --resource-types` wants it, unless that has its image already.
func (c *Concourse) writeBaseType(folder, baseType string) error {
	image, err := crane.Pull(c.Cluster.Registry()+"/"+baseType+"-resource:latest", crane.Insecure)
	if err != nil {
		return err
	}
	digest, err := image.Digest()
	if err != nil {
		return err
	}
	description, err := json.Marshal(atc.WorkerResourceType{Type: baseType, Version: digest.Hex})
	if err != nil {
		return err
	}
	descriptionFile := filepath.Join(folder, "resource_metadata.json")
	if written, err := os.ReadFile(descriptionFile); err == nil && string(written) == string(description) {
		return nil
	}

	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	archive, err := os.Create(filepath.Join(folder, "rootfs.tgz"))
	if err != nil {
		return err
	}
	defer archive.Close()
	compressed := gzip.NewWriter(archive)
	if err := crane.Export(image, compressed); err != nil {
		return err
	}
	if err := compressed.Close(); err != nil {
		return err
	}
	return os.WriteFile(descriptionFile, description, 0o644)
}
