package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// killPatience is how long a process may take to end that was killed.
const killPatience = 10 * time.Second

// cgroups is the cgroup, in each hierarchy, below which containerd puts those of
// the containers. The name is not ours alone; the containers' ids are.
var cgroups = []string{"/sys/fs/cgroup/k8s.io", "/sys/fs/cgroup/*/k8s.io"}

// containerIDs returns the ids of all containers, those of the sandboxes included.
func (c *Cluster) containerIDs() ([]string, error) {
	var ids []string
	for _, n := range c.possibleNodes() {
		for _, kind := range []string{"sandboxes", "containers"} {
			entries, err := os.ReadDir(n.path("containerd", "root", "io.containerd.grpc.v1.cri", kind))
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				return nil, err
			}
			for _, entry := range entries {
				ids = append(ids, entry.Name())
			}
		}
	}
	return ids, nil
}

// containerCgroups returns the folders of the containers' cgroups, of the
// isolated daemon's, and of the cgroups in those, inner ones first.
func (c *Cluster) containerCgroups() ([]string, error) {
	ids, err := c.containerIDs()
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, id := range ids {
		for _, parent := range cgroups {
			roots, err := filepath.Glob(filepath.Join(parent, id))
			if err != nil {
				return nil, err
			}
			for _, root := range roots {
				folders = append(folders, foldersBelow(root)...)
			}
		}
	}
	isolated, err := filepath.Glob(c.isolatedCgroups())
	if err != nil {
		return nil, err
	}
	for _, root := range isolated {
		folders = append(folders, foldersBelow(root)...)
	}
	slices.Reverse(folders)
	return folders, nil
}

// foldersBelow returns a folder and those in it, outer ones first. What
// vanishes meanwhile is left out.
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

// endContainers kills all processes of all containers.
func (c *Cluster) endContainers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, killPatience)
	defer cancel()
	return await(ctx, func(ctx context.Context) (over bool, err error) {
		folders, err := c.containerCgroups()
		if err != nil {
			return true, err
		}
		var left []string
		for _, folder := range folders {
			members, err := os.ReadFile(filepath.Join(folder, "cgroup.procs"))
			if err != nil {
				continue // the cgroup has just been removed
			}
			left = append(left, strings.Fields(string(members))...)
		}
		for _, id := range left {
			if err := kill(ctx, id); err != nil {
				return true, err
			}
		}
		if len(left) == 0 {
			return true, nil
		}
		return false, fmt.Errorf("processes in containers do not end: %v", left)
	})
}

// kill kills the process with that id and waits for its end.
func kill(ctx context.Context, id string) error {
	pid, err := strconv.Atoi(id)
	if err != nil {
		return err
	}
	found, err := processOf(pid)
	if errors.Is(err, errNoProcess) {
		return nil
	}
	if err != nil {
		return err
	}
	return found.end(ctx, unix.SIGKILL, killPatience)
}

// endShims kills the processes that looked after containers for our containerds.
func (c *Cluster) endShims(ctx context.Context) error {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return err
	}
	var sockets []string
	for _, n := range c.possibleNodes() {
		sockets = append(sockets, n.containerdSocket())
	}
	var failures []error
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended meanwhile
		}
		if isShimOf(strings.Split(string(line), "\x00"), sockets) {
			failures = append(failures, kill(ctx, filepath.Base(filepath.Dir(file))))
		}
	}
	return errors.Join(failures...)
}

func isShimOf(arguments, sockets []string) bool {
	if !strings.HasPrefix(filepath.Base(arguments[0]), "containerd-shim") {
		return false
	}
	flag := slices.Index(arguments, "-address")
	return flag >= 0 && flag+1 < len(arguments) && slices.Contains(sockets, arguments[flag+1])
}

// removeCgroups removes those of the containers, which have no processes by now.
func (c *Cluster) removeCgroups(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, killPatience)
	defer cancel()
	err := await(ctx, func(context.Context) (over bool, err error) {
		folders, err := c.containerCgroups()
		if err != nil {
			return true, err
		}
		var failures []error
		for _, folder := range folders {
			// The kernel says that it is busy for as long as it tidies up.
			if err := unix.Rmdir(folder); err != nil && !errors.Is(err, unix.ENOENT) {
				failures = append(failures, fmt.Errorf("remove cgroup %s: %w", folder, err))
			}
		}
		return len(failures) == 0, errors.Join(failures...)
	})
	for _, parent := range cgroups {
		removeIfEmpty(parent)
	}
	return err
}
