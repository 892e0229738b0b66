package podidentity

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// ControlGroup is the control group of a container in one hierarchy.
type ControlGroup struct {
	// Controllers are those of the hierarchy: cpu and cpuacct, say. The one hierarchy of
	// version 2 has none here, and the kernel does not say which it has.
	Controllers []string

	// Path is absolute from the root of the hierarchy, as the reader's namespace of
	// control groups shows it: what lies outside of that begins with /.. .
	Path string
}

// ControlGroupsOfInit returns the control groups of a container if the process is its
// init, see [Verifier.NetworkOfInit]. They are those that are named after the container,
// and not what the runtime may have made below.
func (v Verifier) ControlGroupsOfInit(pid int, container string) ([]ControlGroup, error) {
	found, id, err := v.init(pid, container)
	if err != nil {
		return nil, err
	}
	defer found.close()
	groups, err := controlGroups(found, id)
	if err != nil {
		return nil, fmt.Errorf("look at the control groups of process %d, the init of container %s: %w", pid, id, err)
	}
	return groups, nil
}

// isIn looks for the container among the directories of the process' control groups. No
// process of a pod can leave those that the container runtime put it into for others
// that are named after another container.
func isIn(p process, id string) error {
	_, err := controlGroups(p, id)
	return err
}

// controlGroups are those that are named after the container, of which there has to be one.
func controlGroups(p process, id string) ([]ControlGroup, error) {
	lines, err := os.ReadFile(p.path("cgroup"))
	if err != nil {
		return nil, err
	}
	var groups []ControlGroup
	for line := range bytes.Lines(lines) {
		// hierarchy:controllers:path
		fields := strings.SplitN(strings.TrimSpace(string(line)), ":", 3)
		if len(fields) != 3 {
			continue
		}
		if path, named := upTo(fields[2], id); named {
			groups = append(groups, ControlGroup{Controllers: strings.FieldsFunc(fields[1], isComma), Path: path})
		}
	}
	if len(groups) == 0 {
		return nil, fmt.Errorf("its control groups are another's: %.200q", lines)
	}
	return groups, nil
}

func isComma(r rune) bool { return r == ',' }

// upTo cuts a path after the directory of the container: its ID, with the cgroupfs
// driver, or PREFIX-ID.scope, with systemd's.
func upTo(path, id string) (cut string, named bool) {
	end := 0
	for directory := range strings.SplitSeq(path, "/") {
		end += len(directory)
		name := strings.TrimSuffix(directory, ".scope")
		if name == id || strings.HasSuffix(name, "-"+id) || strings.HasSuffix(name, ":"+id) {
			return path[:end], true
		}
		end += len("/")
	}
	return "", false
}
