package concourse

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
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

	processes, err := c.initsOfPods()
	return append(left, processes...), err
}

// initsOfPods names the processes whose concourse-init is one that this
// Concourse's workers mount into their pods: another may run on the machine.
func (c *Concourse) initsOfPods() ([]string, error) {
	workers, err := filepath.Glob(filepath.Join(c.Cluster.DaemonDir(), "worker*", "init"))
	if err != nil {
		return nil, err
	}
	mounted, err := filepath.Glob("/proc/[0-9]*/root" + pod.InitMountPrefix + "*")
	if err != nil {
		return nil, err
	}
	var found []string
	for _, worker := range workers {
		ours, err := os.Stat(worker)
		if err != nil {
			return nil, err
		}
		for _, path := range mounted {
			theirs, err := os.Stat(path) // fails once the process has ended
			if err == nil && os.SameFile(ours, theirs) {
				found = append(found, "process "+strings.Split(path, "/")[2])
			}
		}
	}
	return found, nil
}
