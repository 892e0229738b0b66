package concourse

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/crane"
)

// StartDaemons starts web and workers on a cluster that runs.
func (c *Concourse) StartDaemons(ctx context.Context) error {
	if err := c.startWeb(ctx); err != nil {
		return err
	}
	return c.startWorkers(ctx)
}

// RestartWeb has web running with these flags in place of WebFlags.
func (c *Concourse) RestartWeb(ctx context.Context, flags ...string) error {
	with := *c
	with.WebFlags = flags
	return with.StartDaemons(ctx)
}

// RestartWorker has the first node's worker running with these flags in place of
// WorkerFlags.
func (c *Concourse) RestartWorker(ctx context.Context, flags ...string) error {
	with := *c
	with.WorkerFlags = flags
	return with.StartDaemons(ctx)
}

// Digest asks the cluster's registry for the digest of an image, name:tag.
func (c *Concourse) Digest(image string) (string, error) {
	return crane.Digest(c.Cluster.Registry()+"/"+image, crane.Insecure)
}

// Leftovers names what the workers still have on their nodes: volumes, state
// directories of containers, mounts, and processes of pods.
func (c *Concourse) Leftovers() ([]string, error) {
	var left []string
	for _, folder := range []string{"volumes/live", "containers"} {
		entries, err := filepath.Glob(filepath.Join(c.Cluster.DaemonDir(), "worker*", folder, "*"))
		if err != nil {
			return nil, err
		}
		left = append(left, entries...)
	}

	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, filepath.Join(c.Cluster.DaemonDir(), "worker")) {
			left = append(left, "mount "+strings.Fields(line)[1])
		}
	}

	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return nil, err
	}
	for _, file := range commands {
		command, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(command), "concourse-init\x00") {
			left = append(left, fmt.Sprintf("process %s", filepath.Base(filepath.Dir(file))))
		}
	}
	return left, nil
}
