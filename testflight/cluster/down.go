package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/concourse/concourse-kubernetes/testflight/host"
)

// Down ends all that belongs to the cluster and removes all of its traces,
// whatever state it is in. Its parts need not be alive for that: pods are ended
// by their cgroups, not through the API server or containerd.
func (c *Cluster) Down(ctx context.Context) error {
	if _, err := os.Stat(c.stateDir); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	release, err := c.claim()
	if err != nil {
		return err
	}
	defer release()

	return c.timed("cluster down", func(ctx context.Context) error {
		// Ended in this order, nobody starts again what has been ended.
		err := errors.Join(c.stopParts(ctx), c.endContainers(ctx), c.endShims(ctx))
		if err != nil {
			return fmt.Errorf("not all of its processes could be ended, so its files are left; try again: %w", err)
		}
		if err := host.UnmountBelow(c.stateDir); err != nil {
			return err
		}
		return errors.Join(
			c.removePortRules(ctx),
			c.removeDevices(ctx),
			c.removeCgroups(ctx),
			host.RestoreKernelSettings(c.kernelSettingsFile()),
			c.removePostgresSharedMemory(),
			c.removeTraces(),
			os.RemoveAll(c.stateDir),
		)
	})(ctx)
}

// stopParts stops the parts, the last started first.
func (c *Cluster) stopParts(ctx context.Context) error {
	parts := c.everything()
	slices.Reverse(parts)
	var failures []error
	for _, part := range parts {
		failures = append(failures, part.Stop(ctx))
	}
	return errors.Join(failures...)
}
