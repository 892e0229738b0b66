package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// daemonNetwork is a network namespace for a daemon, with a way to the host, which
// the daemon reaches at NodeAddress.
type daemonNetwork struct {
	cluster *Cluster
	name    string
	// subnet is the one of the cluster's that the way has.
	subnet int
}

// InNetworkDevice is the device of the daemon in a network of its own, and its
// address, by which the host reaches the daemon.
func (c *Cluster) InNetworkDevice() (name, address string) {
	return deviceInside, c.ownNetwork().address(2)
}

func (c *Cluster) ownNetwork() daemonNetwork {
	return daemonNetwork{cluster: c, name: "daemon", subnet: 6}
}

const deviceInside = "eth0"

// file is the one that the namespace is mounted on.
func (n daemonNetwork) file() string { return n.cluster.path(n.name + "-network") }

// device is the host's end of the way.
func (n daemonNetwork) device() string { return n.cluster.named("ctf-" + n.name) }

// address is the host's of the way for 1, the daemon's for 2.
func (n daemonNetwork) address(host int) string { return n.cluster.address(n.subnet, host) }

// around returns the part in the namespace.
func (n daemonNetwork) around(p part) part {
	p.prepare = n.setUp
	p.command = append([]string{"/usr/bin/nsenter", "--net=" + n.file()}, p.command...)
	return p
}

// setUp makes a new namespace in place of an earlier daemon's, and a way from it to
// the host.
func (n daemonNetwork) setUp(ctx context.Context) error {
	namespace := n.file()
	if err := removeDevice(ctx, n.device()); err != nil {
		return err
	}
	if err := unix.Unmount(namespace, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("unmount %s: %w", namespace, err)
	}
	if err := os.WriteFile(namespace, nil, 0o600); err != nil {
		return err
	}

	host, daemon := n.address(1), n.address(2)
	inside := []string{"nsenter", "--net=" + namespace}
	for _, command := range [][]string{
		{"unshare", "--net=" + namespace, "true"},
		{"ip", "link", "add", n.device(), "type", "veth", "peer", "name", deviceInside, "netns", namespace},
		{"ip", "address", "add", host, "peer", daemon, "dev", n.device()},
		{"ip", "link", "set", n.device(), "up"},
		append(inside[:2:2], "ip", "address", "add", daemon, "peer", host, "dev", deviceInside),
		append(inside[:2:2], "ip", "link", "set", "lo", "up"),
		append(inside[:2:2], "ip", "link", "set", deviceInside, "up"),
		append(inside[:2:2], "ip", "route", "add", "default", "via", host),
	} {
		if _, err := output(ctx, command[0], command[1:]...); err != nil {
			return err
		}
	}
	return nil
}

// NodeNetwork is a file of the network namespace that all nodes are in, which is
// the host's. Process 1 can't be asked for it everywhere, in a sandbox say.
func (c *Cluster) NodeNetwork() string { return c.path("node-network") }

func (c *Cluster) mountNodeNetwork() error {
	file := c.NodeNetwork()
	var mounted unix.Statfs_t
	if unix.Statfs(file, &mounted) == nil && mounted.Type == unix.NSFS_MAGIC {
		return nil
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return err
	}
	if err := unix.Mount("/proc/self/ns/net", file, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount the host's network namespace on %s: %w", file, err)
	}
	return nil
}
