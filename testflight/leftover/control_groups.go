package leftover

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// containerControlGroups are the control groups of containers, in each hierarchy. All clusters of a
// machine share the name.
var containerControlGroups = []string{"/sys/fs/cgroup/k8s.io/*", "/sys/fs/cgroup/*/k8s.io/*"}

// controlGroups lists the containers whose control groups have no process. Nobody can tell whose
// those are. The others show by their processes.
func (m Machine) controlGroups(into Traces) error {
	ids, err := emptyControlGroups(containerControlGroups)
	into[ControlGroup] = ids
	return err
}

// emptyControlGroups are the names of the folders, each once, in which and below which no control
// group has a process.
func emptyControlGroups(patterns []string) ([]string, error) {
	var empty []string
	for _, pattern := range patterns {
		folders, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		for _, folder := range folders {
			if info, err := os.Stat(folder); err != nil || !info.IsDir() {
				continue // a file of the hierarchy's, or gone meanwhile
			}
			has, err := hasProcess(folder)
			if err != nil {
				return nil, err
			}
			if !has {
				empty = append(empty, filepath.Base(folder))
			}
		}
	}
	slices.Sort(empty)
	return slices.Compact(empty), nil
}

// hasProcess says that of a control group which has gone meanwhile too.
func hasProcess(folder string) (bool, error) {
	found := false
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.Name() != "cgroup.procs" {
			return nil
		}
		members, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.TrimSpace(string(members)) != "" {
			found = true
			return fs.SkipAll
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) {
		return true, nil
	}
	return found, err
}
