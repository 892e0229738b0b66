package leftover

import "errors"

// Machine is where to look on this machine.
type Machine struct {
	// StateDir is the folder of a cluster whose containers' root file systems, shims' sockets and
	// CNI configuration are below it. With none, the cluster is somebody else's: shims, control
	// groups, network interfaces and pods without Concourse's init are not looked for.
	StateDir string

	// WorkDirs are the folders of the workers. Each entry of a folder in them is a trace, of the kind
	// "in containers" for the folder containers. The folders of volumes are one level further down.
	WorkDirs []string
}

// Look lists what is on the machine now.
func (m Machine) Look() (Traces, error) {
	found := Traces{}
	looks := []func(Traces) error{m.workDirs, m.sockets, m.mounts, m.processes}
	if m.StateDir != "" {
		looks = append(looks, m.shims, m.controlGroups, m.veths)
	}
	var failures []error
	for _, look := range looks {
		failures = append(failures, look(found))
	}
	return found, errors.Join(failures...)
}
