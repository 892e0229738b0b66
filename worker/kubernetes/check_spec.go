package kubernetes

import (
	"fmt"
	"os"
	"path/filepath"

	"code.cloudfoundry.org/garden"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// maxHandle is the most bytes that the name of a directory has, see NAME_MAX in
// the kernel's limits.h.
const maxHandle = 255

// checkHandle refuses a handle that can't be a directory's name. None is cut: pods
// are found by it.
func checkHandle(handle string) error {
	switch {
	case len(handle) > maxHandle:
		return fmt.Errorf("create container %.40q…: the handle has %d bytes, more than the %d of a directory's name", handle, len(handle), maxHandle)
	case filepath.Base(handle) != handle || handle == "." || handle == "..":
		return fmt.Errorf("create container %q: the handle can't be a directory's name", handle)
	}
	return nil
}

// checkMountPaths refuses what would lie over init: it would run in its place.
func checkMountPaths(spec garden.ContainerSpec) error {
	for _, bindMount := range spec.BindMounts {
		if pod.HidesInit(bindMount.DstPath) {
			return fmt.Errorf("create container %s: an input, an output or a cache of the step has the path %q, which would hide what Concourse has in "+
				"/.concourse of every pod: give it another path", spec.Handle, bindMount.DstPath)
		}
	}
	return nil
}

// checkSources looks for what is to be mounted: a container runtime would make
// an empty directory of a path that is not there.
func checkSources(bindMounts []garden.BindMount) error {
	for _, bindMount := range bindMounts {
		if _, err := os.Stat(bindMount.SrcPath); err != nil {
			return fmt.Errorf("mount volume at %s: %w", bindMount.DstPath, err)
		}
	}
	return nil
}
