package cluster

import (
	"github.com/concourse/concourse-kubernetes/testflight/host"
	"github.com/concourse/concourse-kubernetes/testflight/supervise"
)

// InNetworkDevice is the device of the daemon in a network of its own, and its
// address, by which the host reaches the daemon.
func (c *Cluster) InNetworkDevice() (name, address string) {
	return host.NetworkDevice, c.ownNetwork().Address
}

// IsolatedAddress is where the host reaches the isolated daemon, which reaches
// it at NodeAddress.
func (c *Cluster) IsolatedAddress() string { return c.isolatedNetwork().Address }

// IsolatedCIDR is a network for the containers of the isolated daemon, unknown
// outside of its namespaces.
func (c *Cluster) IsolatedCIDR() string { return c.address(4, 0) + "/24" }

func (c *Cluster) isolatedNetwork() host.Network { return c.daemonNetwork("isolated", 3) }

func (c *Cluster) ownNetwork() host.Network { return c.daemonNetwork("daemon", 6) }

// daemonNetwork is a network namespace for a daemon, which reaches the host at
// NodeAddress. The way between them has that subnet of the cluster's.
func (c *Cluster) daemonNetwork(name string, subnet int) host.Network {
	return host.Network{
		File:        c.path(name + "-network"),
		Device:      c.named("ctf-" + name),
		HostAddress: c.address(subnet, 1),
		Address:     c.address(subnet, 2),
	}
}

// isolatedCgroup is the name of the isolated daemon's control groups.
func (c *Cluster) isolatedCgroup() string { return c.named("ctf-isolated") }

// isolated returns the service in namespaces and control groups of its own.
func (c *Cluster) isolated(s supervise.Service) supervise.Service {
	s.OwnNamespaces = true
	s.Command = host.Isolated(c.isolatedCgroup(), s.Command)
	return inNetwork(c.isolatedNetwork(), s)
}

// inNetwork returns the service in a network namespace, made anew whenever it starts.
func inNetwork(n host.Network, s supervise.Service) supervise.Service {
	s.Prepare = n.Make
	s.Command = n.Command(s.Command)
	return s
}
