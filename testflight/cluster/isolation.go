package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// isolationScript runs its arguments, from the second on, as the first process
// of new namespaces: with their own /proc, an empty /run and an empty folder for
// CNI, and in cgroups of the name that is its first argument, below which runc
// puts those of the containers. It would not do so in the v2 hierarchy beside v1
// ones, so that is hidden. Cgroup v2 alone lets no process be where its
// containers' cgroups are, so there it stays where it is.
const isolationScript = `
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mkdir -p /var/lib/cni
mount -t tmpfs tmpfs /var/lib/cni
if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi
if [ ! -e /sys/fs/cgroup/cgroup.procs ]; then
  for hierarchy in /sys/fs/cgroup/*/; do
    [ ! -e "$hierarchy/cgroup.procs" ] && continue
    mkdir -p "$hierarchy/$1"
    for file in cpuset.cpus cpuset.mems; do
      [ -e "$hierarchy/$file" ] && cat "$hierarchy/$file" > "$hierarchy/$1/$file"
    done
    echo $$ > "$hierarchy/$1/cgroup.procs"
  done
fi
shift
exec "$@"`

// IsolatedAddress is where the host reaches the isolated daemon, which reaches
// it at NodeAddress.
func (c *Cluster) IsolatedAddress() string { return c.address(3, 2) }

// IsolatedCIDR is a network for the containers of the isolated daemon, unknown
// outside of its namespaces.
func (c *Cluster) IsolatedCIDR() string { return c.address(4, 0) + "/24" }

// isolatedDevice is the host's end of the way to the isolated daemon.
func (c *Cluster) isolatedDevice() string { return c.named("ctf-isolated") }

// isolatedCgroups is the pattern of the isolated daemon's cgroups.
func (c *Cluster) isolatedCgroups() string {
	return filepath.Join("/sys/fs/cgroup/*", c.named("ctf-isolated"))
}

// isolatedNetwork is the file that the network namespace is mounted on.
func (c *Cluster) isolatedNetwork() string { return c.path("isolated-network") }

// isolated returns the part in namespaces of its own.
func (c *Cluster) isolated(p part) part {
	p.ownNamespaces = true
	p.prepare = c.setUpIsolatedNetwork
	p.command = append([]string{
		"/usr/bin/nsenter", "--net=" + c.isolatedNetwork(),
		"sh", "-ec", isolationScript, "sh", c.named("ctf-isolated"),
	}, p.command...)
	return p
}

// setUpIsolatedNetwork makes a new network namespace in place of an earlier
// daemon's, and a way from it to the host.
func (c *Cluster) setUpIsolatedNetwork(ctx context.Context) error {
	namespace := c.isolatedNetwork()
	if err := removeDevice(ctx, c.isolatedDevice()); err != nil {
		return err
	}
	if err := unix.Unmount(namespace, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("unmount %s: %w", namespace, err)
	}
	if err := os.WriteFile(namespace, nil, 0o600); err != nil {
		return err
	}

	host, daemon := c.address(3, 1), c.IsolatedAddress()
	inside := []string{"nsenter", "--net=" + namespace}
	for _, command := range [][]string{
		{"unshare", "--net=" + namespace, "true"},
		{"ip", "link", "add", c.isolatedDevice(), "type", "veth", "peer", "name", "eth0", "netns", namespace},
		{"ip", "address", "add", host, "peer", daemon, "dev", c.isolatedDevice()},
		{"ip", "link", "set", c.isolatedDevice(), "up"},
		append(inside[:2:2], "ip", "address", "add", daemon, "peer", host, "dev", "eth0"),
		append(inside[:2:2], "ip", "link", "set", "lo", "up"),
		append(inside[:2:2], "ip", "link", "set", "eth0", "up"),
		append(inside[:2:2], "ip", "route", "add", "default", "via", host),
	} {
		if _, err := output(ctx, command[0], command[1:]...); err != nil {
			return err
		}
	}
	return nil
}
