package kubernetes

import (
	"context"
	"slices"

	"code.cloudfoundry.org/garden"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// Attach follows a process that was run with an ID. An earlier stream of the
// process ends: its client is gone or about to go. Of one whose pod has ended or gave way the
// client gets what is left.
func (c *Container) Attach(id string, streams garden.ProcessIO) (garden.Process, error) {
	if !slices.Contains(c.state.Read().Processes, id) {
		return nil, garden.ProcessNotFoundError{ProcessID: id}
	}
	release := func() {}
	if _, ok := c.life.Use(); ok {
		release = c.release
	}
	from := podinit.Delivered{Stdout: -1, Stderr: -1}
	if exit, isOver := c.noted()[id]; isOver {
		from = exit.Delivered
	}
	return c.attach(id, streams, from, true, release), nil
}

// attach is told from where on it delivers, if this worker did not attach before, whether a
// client comes back to a process, and whom it tells when the client has left.
func (c *Container) attach(id string, streams garden.ProcessIO, from podinit.Delivered, isBack bool, release func()) *Process {
	ctx, cancel := context.WithCancelCause(c.backend.ctx)
	process := &Process{container: c, id: id, detach: cancel, isBack: isBack, release: release, done: make(chan struct{})}

	c.mu.Lock()
	previous := c.streams[id]
	c.streams[id] = process
	if c.delivered[id] == nil {
		c.delivered[id] = &from
	}
	delivered := c.delivered[id]
	c.mu.Unlock()

	go process.follow(ctx, previous, podinit.ProcessIO{
		Stdin:  streams.Stdin,
		Stdout: streams.Stdout,
		Stderr: streams.Stderr,

		Delivered: delivered,
		Writing:   &process.writing,
	})
	return process
}

func (c *Container) detached(process *Process) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.streams[process.id] == process {
		delete(c.streams, process.id)
	}
	if !slices.Contains(c.state.Read().Processes, process.id) {
		delete(c.delivered, process.id)
	}
}
