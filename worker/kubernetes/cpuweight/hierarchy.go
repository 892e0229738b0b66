package cpuweight

import (
	"errors"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podidentity"
)

// hierarchy is that of the controller of CPU time, with the container's control group in it.
type hierarchy struct {
	// directories are where it may be mounted, below the directory of all mounts.
	directories []string

	// path is the container's, from the root of the hierarchy.
	path string

	// file has the weight of a control group.
	file    string
	convert func(shares uint64) uint64
}

// hierarchyWithCPU is one of version 1 if that has the controller: then that of version 2,
// which may be there beside it, has not.
func hierarchyWithCPU(groups []podidentity.ControlGroup) (hierarchy, error) {
	for _, group := range groups {
		if slices.Contains(group.Controllers, "cpu") {
			return hierarchy{
				directories: []string{"cpu", strings.Join(group.Controllers, ",")},
				path:        group.Path, file: "cpu.shares", convert: Shares,
			}, nil
		}
	}
	for _, group := range groups {
		if len(group.Controllers) == 0 {
			return hierarchy{directories: []string{".", "unified"}, path: group.Path, file: "cpu.weight", convert: Weight}, nil
		}
	}
	return hierarchy{}, errors.New("the container has no control group of its own for CPU time")
}

// find returns the directory in which the container's control group is.
func (h hierarchy) find(root *os.Root) (string, error) {
	if slices.Contains(strings.Split(h.path, "/"), "..") {
		return "", errors.New("it is outside of the worker's namespace of control groups")
	}
	var all []error
	for _, directory := range h.directories {
		_, err := root.Stat(directory + h.path)
		if err == nil {
			return directory, nil
		}
		all = append(all, err)
	}
	return "", errors.Join(all...)
}

// podGroups is the pod's control group above that of its container, if it has one.
func podGroups(container, podUID string) []string {
	if podUID == "" {
		return nil
	}
	for group := path.Dir(container); group != "/" && group != "."; group = path.Dir(group) {
		if isOfPod(path.Base(group), podUID) {
			return []string{group}
		}
	}
	return nil
}

// isOfPod knows the names that a kubelet gives, with its cgroupfs driver and with systemd's.
func isOfPod(name, uid string) bool {
	return name == "pod"+uid ||
		strings.HasSuffix(name, "-pod"+strings.ReplaceAll(uid, "-", "_")+".slice")
}
