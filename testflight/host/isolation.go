package host

import "path/filepath"

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

// Isolated is the command that runs this one as the first process of the PID and mount
// namespaces that it is started in, so that what it does to /proc, /run, CNI's folder and
// control groups ends with them. The control groups have that name.
func Isolated(cgroup string, command []string) []string {
	return append([]string{"sh", "-ec", isolationScript, "sh", cgroup}, command...)
}

// IsolatedCgroups is the pattern of the control groups of an Isolated command.
func IsolatedCgroups(cgroup string) string { return filepath.Join("/sys/fs/cgroup/*", cgroup) }
