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

	"github.com/concourse/concourse-kubernetes/testflight/host"
	"github.com/concourse/concourse-kubernetes/testflight/supervise"
)

// endPatience is how long the containers' processes may take to end that were killed,
// and the kernel to tidy up their cgroups.
const endPatience = 10 * time.Second

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

// containerCgroups returns the cgroups of the containers and of the isolated daemon,
// inner ones first.
func (c *Cluster) containerCgroups() ([]string, error) {
	ids, err := c.containerIDs()
	if err != nil {
		return nil, err
	}
	patterns := []string{host.IsolatedCgroups(c.isolatedCgroup())}
	for _, id := range ids {
		for _, parent := range cgroups {
			patterns = append(patterns, filepath.Join(parent, id))
		}
	}
	return host.Cgroups(patterns)
}

// endContainers kills all processes of all containers.
func (c *Cluster) endContainers(ctx context.Context) error {
	return supervise.Await(ctx, endPatience, func(ctx context.Context) (over bool, err error) {
		groups, err := c.containerCgroups()
		if err != nil {
			return true, err
		}
		left, err := host.ProcessesIn(groups)
		if err != nil {
			return true, err
		}
		for _, id := range left {
			if err := supervise.Kill(ctx, id); err != nil {
				return true, err
			}
		}
		if len(left) == 0 {
			return true, nil
		}
		return false, fmt.Errorf("processes in containers do not end: %v", left)
	})
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
		if !isShimOf(strings.Split(string(line), "\x00"), sockets) {
			continue
		}
		id, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			return err
		}
		failures = append(failures, supervise.Kill(ctx, id))
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
	err := supervise.Await(ctx, endPatience, func(context.Context) (over bool, err error) {
		groups, err := c.containerCgroups()
		if err != nil {
			return true, err
		}
		err = host.RemoveCgroups(groups)
		return err == nil, err
	})
	for _, parent := range cgroups {
		host.RemoveIfEmpty(parent)
	}
	return err
}
