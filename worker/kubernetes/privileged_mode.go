package kubernetes

import (
	"fmt"

	"code.cloudfoundry.org/garden"
)

// PrivilegedMode is what becomes of a step or a base resource type that is to be
// privileged. The first two mean what upstream's containerd runtime means by
// --containerd-privileged-mode.
type PrivilegedMode string

const (
	// FullPrivilegedMode runs it privileged: it is root on the node in every respect.
	// It is what the empty mode means.
	FullPrivilegedMode PrivilegedMode = "full"

	// IgnorePrivilegedMode runs it as any other step.
	IgnorePrivilegedMode PrivilegedMode = "ignore"

	// RefusePrivilegedMode does not run it.
	RefusePrivilegedMode PrivilegedMode = "refuse"
)

func (m PrivilegedMode) validate() error {
	switch m {
	case "", FullPrivilegedMode, IgnorePrivilegedMode, RefusePrivilegedMode:
		return nil
	}
	return fmt.Errorf("the privileged mode is %q, not %s, %s or %s", string(m), FullPrivilegedMode, IgnorePrivilegedMode, RefusePrivilegedMode)
}

// decide takes the privilege from a container, refuses it, or lets it be.
func (m PrivilegedMode) decide(spec *garden.ContainerSpec) error {
	switch {
	case !spec.Privileged:
		return nil
	case m == IgnorePrivilegedMode:
		spec.Privileged = false
	case m == RefusePrivilegedMode:
		return fmt.Errorf("create container %s: it is to be privileged, and this worker runs nothing that is (--kubernetes-privileged-mode=%s): "+
			"take privileged from the step or the resource type, or run it on another worker (tags)", spec.Handle, RefusePrivilegedMode)
	}
	return nil
}
