package podidentity

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// Verifier asks the kernel what a process is.
type Verifier struct {
	// ProcDir is where the node's processes are to be seen: /proc.
	ProcDir string

	// InitBinary is the file that the first process of each pod executes.
	InitBinary string
}

// containerID is what a container runtime calls a container. A shorter one might be part
// of the name of something else.
var containerID = regexp.MustCompile(`^[0-9A-Za-z_-]{16,}$`)

// NetworkOfInit returns the network namespace of a process if that is the first of the
// container, and init. The caller closes it.
//
// The container is named as in a pod's status, containerd://ID. The process ID is as the
// caller sees it, who must be in the node's process namespace. Once the process has
// ended, its ID may be that of another: so all is looked at by one open directory of
// /proc, in which the kernel finds nothing any more when its process has ended.
func (v Verifier) NetworkOfInit(pid int, container string) (*os.File, error) {
	found, id, err := v.init(pid, container)
	if err != nil {
		return nil, err
	}
	defer found.close()
	network, err := os.Open(found.path("ns/net"))
	if err != nil {
		return nil, fmt.Errorf("open the network namespace of process %d, the init of container %s: %w", pid, id, err)
	}
	return network, nil
}

// init returns the process, which the caller closes, if it is the init of the container,
// and the container's ID.
func (v Verifier) init(pid int, container string) (found process, id string, err error) {
	if pid <= 0 {
		return process{}, "", errors.New("the pod's processes are not visible: run the worker in the node's process namespace (hostPID: true)")
	}
	_, id, _ = strings.Cut(container, "://")
	if !containerID.MatchString(id) {
		return process{}, "", fmt.Errorf("the kubelet calls the pod's container %q, which is no container's ID", container)
	}
	if found, err = openProcess(v.ProcDir, pid); err != nil {
		return process{}, "", fmt.Errorf("look at the process %d, which is to be the init of container %s: %w", pid, id, err)
	}
	if err := errors.Join(isIn(found, id), isFirst(found), v.isInit(found)); err != nil {
		found.close()
		return process{}, "", fmt.Errorf("process %d is not the init of container %s: %w", pid, id, err)
	}
	return found, id, nil
}

// isFirst says whether the process is PID 1 of a namespace right below the node's. A
// process of the pod may make a namespace of its own, and be the first in that.
func isFirst(p process) error {
	status, err := os.Open(p.path("status"))
	if err != nil {
		return err
	}
	defer status.Close()
	for lines := bufio.NewScanner(status); lines.Scan(); {
		if ids, found := strings.CutPrefix(lines.Text(), "NSpid:"); found {
			if inNamespaces := strings.Fields(ids); len(inNamespaces) != 2 || inNamespaces[1] != "1" {
				return fmt.Errorf("it is not the first of a process namespace right below the node's: NSpid is %q", strings.TrimSpace(ids))
			}
			return nil
		}
	}
	return errors.New("the kernel does not say what its ID is in its process namespace")
}

func (v Verifier) isInit(p process) error {
	executed, err := os.Stat(p.path("exe"))
	if err != nil {
		return err
	}
	installed, err := os.Stat(v.InitBinary)
	if err != nil {
		return err
	}
	if !os.SameFile(executed, installed) {
		return fmt.Errorf("it executes another file than %s: if the worker was replaced by another version of it while the pod started, run the build again", v.InitBinary)
	}
	return nil
}
