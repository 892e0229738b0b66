package cluster

import (
	"path/filepath"
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
func (c *Cluster) IsolatedAddress() string { return c.isolatedNetwork().address(2) }

// IsolatedCIDR is a network for the containers of the isolated daemon, unknown
// outside of its namespaces.
func (c *Cluster) IsolatedCIDR() string { return c.address(4, 0) + "/24" }

// isolatedCgroups is the pattern of the isolated daemon's cgroups.
func (c *Cluster) isolatedCgroups() string {
	return filepath.Join("/sys/fs/cgroup/*", c.named("ctf-isolated"))
}

func (c *Cluster) isolatedNetwork() daemonNetwork {
	return daemonNetwork{cluster: c, name: "isolated", subnet: 3}
}

// isolated returns the part in namespaces of its own.
func (c *Cluster) isolated(p part) part {
	p.ownNamespaces = true
	p.prepare = c.isolatedNetwork().setUp
	p.command = append([]string{
		"/usr/bin/nsenter", "--net=" + c.isolatedNetwork().file(),
		"sh", "-ec", isolationScript, "sh", c.named("ctf-isolated"),
	}, p.command...)
	return p
}
