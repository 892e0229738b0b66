package leftover

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// processes lists those that run in containers: of the cluster, by their root file system, and of
// the workers, by the concourse-init that they mount.
func (m Machine) processes(into Traces) error {
	inits, err := m.inits()
	if err != nil {
		return err
	}
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return err
	}
	into[Process] = nil
	for _, process := range folders {
		if m.isRootedInCluster(process) || mountsOneOf(process, inits) {
			into[Process] = append(into[Process], nameOf(process))
		}
	}
	return nil
}

// isRootedInCluster says whether a process runs in a container of the cluster. One that has ended
// does not.
func (m Machine) isRootedInCluster(process string) bool {
	if m.StateDir == "" {
		return false
	}
	table, err := os.Open(filepath.Join(process, "mountinfo"))
	if err != nil {
		return false
	}
	defer table.Close()
	return rootIsBelow(m.StateDir, table)
}

// rootIsBelow reads a table of mounts and says whether its root is an overlay of folders below a
// folder.
func rootIsBelow(folder string, table io.Reader) bool {
	root, err := mountinfo.GetMountsFromReader(table, mountinfo.SingleEntryFilter("/"))
	if err != nil || len(root) == 0 {
		return false
	}
	for option := range strings.SplitSeq(root[0].VFSOptions, ",") {
		name, value, _ := strings.Cut(option, "=")
		if name != "upperdir" && name != "lowerdir" {
			continue
		}
		if slices.ContainsFunc(strings.Split(value, ":"), func(path string) bool { return isBelow(folder, path) }) {
			return true
		}
	}
	return false
}

// inits are the concourse-init of the workers.
func (m Machine) inits() ([]os.FileInfo, error) {
	var inits []os.FileInfo
	for _, workDir := range m.WorkDirs {
		init, err := os.Stat(filepath.Join(workDir, "init"))
		if err != nil {
			return nil, fmt.Errorf("look at the init that a worker mounts into its pods: %w", err)
		}
		inits = append(inits, init)
	}
	return inits, nil
}

// mountsOneOf says whether a process has one of these files where a pod has its init: workers
// of other Concourses may have pods on the machine.
func mountsOneOf(process string, inits []os.FileInfo) bool {
	mounted, _ := filepath.Glob(filepath.Join(process, "root") + pod.InitMountPrefix + "*")
	return slices.ContainsFunc(mounted, func(path string) bool {
		theirs, err := os.Stat(path) // fails once the process has ended
		return err == nil && slices.ContainsFunc(inits, func(ours os.FileInfo) bool { return os.SameFile(ours, theirs) })
	})
}

// shims lists the processes that look after the cluster's containers.
func (m Machine) shims(into Traces) error {
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return err
	}
	into[Shim] = nil
	for _, process := range folders {
		line, err := os.ReadFile(filepath.Join(process, "cmdline"))
		if err != nil {
			continue // it has ended meanwhile
		}
		if id, ok := shimOf(m.StateDir, strings.Split(string(line), "\x00")); ok {
			into[Shim] = append(into[Shim], filepath.Base(process)+" of "+id)
		}
	}
	return nil
}

// shimOf reads the arguments of a process. If it is a shim of a containerd whose socket is below a
// folder, it is one of the container with that id.
func shimOf(folder string, arguments []string) (id string, ok bool) {
	if !strings.HasPrefix(filepath.Base(arguments[0]), "containerd-shim") || !isBelow(folder, flagIn(arguments, "-address")) {
		return "", false
	}
	return flagIn(arguments, "-id"), true
}

func flagIn(arguments []string, flag string) string {
	at := slices.Index(arguments, flag)
	if at < 0 || at+1 == len(arguments) {
		return ""
	}
	return arguments[at+1]
}

// nameOf is a process's number and program.
func nameOf(process string) string {
	program, _ := os.ReadFile(filepath.Join(process, "comm")) // fails once it has ended
	return filepath.Base(process) + " " + strings.TrimSpace(string(program))
}
