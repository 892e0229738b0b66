package cpuweight

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podidentity"
)

const (
	// OwnMounts is where this process' control groups are mounted.
	OwnMounts = "/sys/fs/cgroup"

	// NodeMounts is where those of process 1 are, which is the node's for a worker in the
	// node's process namespace. With version 1, a worker in a pod has only its own control
	// groups in [OwnMounts].
	NodeMounts = "/proc/1/root" + OwnMounts
)

// Setter sets the CPU weight of pods.
type Setter struct {
	// Mounts are the directories where the node's control groups may be mounted:
	// [OwnMounts], [NodeMounts]. The first that has the container's is used.
	Mounts []string

	// ControlGroupsOfInit returns the control groups of a container, which is named as in
	// a pod's status, if the process is its init.
	ControlGroupsOfInit func(pid int, container string) ([]podidentity.ControlGroup, error)
}

// Set gives the container and its pod the weight of the CPU shares. The container is named
// as in the pod's status. The process is to be its init, which is verified.
//
// A pod whose kubelet makes no control groups for pods has that of its container only.
// After an error the weight is as the kubelet has set it, and trying again is no use.
func (s Setter) Set(pid int, containerID, podUID string, shares uint64) error {
	groups, err := s.ControlGroupsOfInit(pid, containerID)
	if err != nil {
		return fmt.Errorf("set the CPU weight of container %s: %w", containerID, err)
	}
	of, err := hierarchyWithCPU(groups)
	if err != nil {
		return fmt.Errorf("set the CPU weight of container %s: %w", containerID, err)
	}
	if err := s.write(of, podUID, shares); err != nil {
		return fmt.Errorf("set the CPU weight of container %s to that of %d CPU shares: %w: mount the node's control groups so that the worker may write them, or run the worker privileged, with hostPID: true and in the node's namespace of control groups", containerID, shares, err)
	}
	return nil
}

// write tries one mount after the other.
func (s Setter) write(of hierarchy, podUID string, shares uint64) error {
	value := strconv.FormatUint(of.convert(shares), 10)
	var all []error
	for _, mount := range s.Mounts {
		err := of.writeBelow(mount, podUID, value)
		if err == nil {
			return nil
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}

// writeBelow writes the weight of the container, and that of the pod above it.
func (h hierarchy) writeBelow(mount, podUID, value string) error {
	root, err := os.OpenRoot(mount)
	if err != nil {
		return err
	}
	defer root.Close()
	directory, err := h.find(root)
	if err != nil {
		return fmt.Errorf("look for control group %s in %s: %w", h.path, mount, err)
	}
	for _, group := range slices.Concat([]string{h.path}, podGroups(h.path, podUID)) {
		if err := writeFile(root, directory+group+"/"+h.file, value); err != nil {
			return fmt.Errorf("write %s below %s: %w", h.file, mount, err)
		}
	}
	return nil
}

// writeFile writes a file that is there: the kernel makes those of a control group.
func writeFile(root *os.Root, name, content string) error {
	file, err := root.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(content)
	return errors.Join(err, file.Close())
}
