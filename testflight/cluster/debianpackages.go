package cluster

import (
	"context"
	"slices"

	"github.com/concourse/concourse-kubernetes/testflight/host"
)

// debianPackages are those that the cluster is made of.
var debianPackages = []host.Package{
	{Name: "containerd", File: "/usr/bin/containerd"},
	{Name: "containernetworking-plugins", File: "/usr/lib/cni/bridge"},
	{Name: "etcd-server", File: "/usr/bin/etcd"},
	{Name: "iproute2", File: "/bin/ip"},
	{Name: "iptables", File: "/usr/sbin/iptables"},
	{Name: "postgresql", File: postgresPrograms + "/postgres"},
	{Name: "runc", File: "/usr/sbin/runc"},
}

// InstallPackages installs the Debian packages that are missing, Packages among them,
// with apt-get.
func (c *Cluster) InstallPackages(ctx context.Context) error {
	return host.InstallMissing(ctx, slices.Concat(debianPackages, c.Packages), c.out)
}
