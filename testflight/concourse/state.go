package concourse

import (
	"context"

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
