package cluster

import (
	"context"

	"github.com/concourse/concourse-kubernetes/testflight/host"
)

// kernelSettings are what the kubelet and the CNI plugins change of the kernel.
var kernelSettings = []string{
	"kernel/keys/root_maxbytes",
	"kernel/keys/root_maxkeys",
	"kernel/panic",
	"kernel/panic_on_oops",
	"net/ipv4/ip_forward",
	"vm/overcommit_memory",
	"vm/panic_on_oom",
}

func (c *Cluster) kernelSettingsFile() string { return c.path("kernel-settings.json") }

// saveKernelSettings keeps them as they were before the cluster first started.
func (c *Cluster) saveKernelSettings(context.Context) error {
	return host.SaveKernelSettings(c.kernelSettingsFile(), kernelSettings)
}
