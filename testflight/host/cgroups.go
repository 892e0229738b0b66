package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Cgroups returns the folders of the control groups that match the patterns, and of the
// groups in those, inner ones first.
func Cgroups(patterns []string) ([]string, error) {
	var folders []string
	for _, pattern := range patterns {
		roots, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		for _, root := range roots {
			folders = append(folders, foldersBelow(root)...)
		}
	}
	slices.Reverse(folders)
	return folders, nil
}

// foldersBelow returns a folder and those in it, outer ones first. What vanishes
// meanwhile is left out.
func foldersBelow(root string) []string {
	var folders []string
	_ = filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			folders = append(folders, path)
		}
		return nil
	})
	return folders
}

// ProcessesIn returns the ids of the processes in control groups, not of those in the
// groups below. A group that has just been removed has none.
func ProcessesIn(cgroups []string) ([]int, error) {
	var ids []int
	for _, folder := range cgroups {
		members, err := os.ReadFile(filepath.Join(folder, "cgroup.procs"))
		if err != nil {
			continue
		}
		for _, member := range strings.Fields(string(members)) {
			id, err := strconv.Atoi(member)
			if err != nil {
				return nil, fmt.Errorf("processes of cgroup %s: %w", folder, err)
			}
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// RemoveCgroups removes control groups, in that order. The kernel says that one is busy
// for as long as it tidies up: try again.
func RemoveCgroups(cgroups []string) error {
	var failures []error
	for _, folder := range cgroups {
		if err := unix.Rmdir(folder); err != nil && !errors.Is(err, unix.ENOENT) {
			failures = append(failures, fmt.Errorf("remove cgroup %s: %w", folder, err))
		}
	}
	return errors.Join(failures...)
}
