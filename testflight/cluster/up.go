package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/concourse/concourse-kubernetes/testflight/supervise"
)

// Up starts what is not running yet and returns when all nodes take pods. What
// it needs and the machine lacks (Debian packages, the Kubernetes program) is
// installed and built first. Call Down after a failure to be rid of the rest.
func (c *Cluster) Up(ctx context.Context) error {
	if os.Geteuid() != 0 {
		return errors.New("the development cluster needs to be root: it makes network devices, mounts and cgroups")
	}
	if c.Nodes < 0 || c.Nodes > maxNodes {
		return fmt.Errorf("a development cluster of %d nodes was asked for: ask for 1 to %d", c.Nodes, maxNodes)
	}
	release, err := c.claim()
	if err != nil {
		return err
	}
	defer release()

	if c.external != nil {
		return c.upBesideKubernetes()(ctx)
	}
	return c.upWithKubernetes()(ctx)
}

// upWithKubernetes is Up where the cluster has a Kubernetes of its own.
func (c *Cluster) upWithKubernetes() stage {
	return inTurn(
		c.InstallPackages,
		c.saveKernelSettings,
		atOnce(
			c.timed("programs", c.buildPrograms),
			c.timed("network", c.setUpNetwork),
			c.timed("certificates", c.writeCertificates),
		),
		atOnce(
			inTurn(
				c.running(c.etcd),
				c.running(c.apiServer),
				atOnce(c.running(c.controllerManager), c.running(c.scheduler)),
			),
			c.onEveryNode(node.containerdUp),
			c.running(c.registry),
			c.running(c.privateRegistry),
			c.running(c.postgres),
		),
		atOnce(
			c.onEveryNode(node.kubeletUp),
			c.timed("service account", c.awaitServiceAccount),
		),
	)
}

// stage is a piece of Up. It does nothing when its result is there already.
type stage func(context.Context) error

func inTurn(stages ...stage) stage {
	return func(ctx context.Context) error {
		for _, run := range stages {
			if err := run(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}

func atOnce(stages ...stage) stage {
	return func(ctx context.Context) error {
		group, ctx := errgroup.WithContext(ctx)
		for _, run := range stages {
			group.Go(func() error { return run(ctx) })
		}
		return group.Wait()
	}
}

// onEveryNode is the stage that runs one on every node at once.
func (c *Cluster) onEveryNode(up func(node) stage) stage {
	var stages []stage
	for _, n := range c.nodes() {
		stages = append(stages, up(n))
	}
	return atOnce(stages...)
}

// timed runs a stage and prints how long it took.
func (c *Cluster) timed(name string, run stage) stage {
	return func(ctx context.Context) error {
		start := time.Now()
		if err := run(ctx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		c.printf("%s ready (%.1fs)\n", name, time.Since(start).Seconds())
		return nil
	}
}

// running is the stage that has a part running and ready. The part is asked for when its
// turn comes: an earlier stage may install its program.
func (c *Cluster) running(part func() supervise.Service) stage {
	return func(ctx context.Context) error {
		now := part()
		return c.timed(now.Name, now.Run)(ctx)
	}
}

func (c *Cluster) printf(format string, arguments ...any) {
	c.printing.Lock()
	defer c.printing.Unlock()
	fmt.Fprintf(c.out, format, arguments...)
}
