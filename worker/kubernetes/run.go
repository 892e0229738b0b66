package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"code.cloudfoundry.org/garden"
	"github.com/google/uuid"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/statedir"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// resourceProcessID is the ID that upstream's package resource gives the script
// of a get and a put. Its stdout is a JSON document, of which a web node that
// attaches after another one ended needs all.
const resourceProcessID = "resource"

// Run starts a process and attaches to it. Of an adopted container only
// processes without an ID, which nobody but their starter knows, run without
// the environment: a step must not silently miss its params.
func (c *Container) Run(spec garden.ProcessSpec, streams garden.ProcessIO) (garden.Process, error) {
	if c.knownEnvironment() == nil && c.state.Read().HasEnvironment && spec.ID != "" {
		return nil, c.giveUp(spec.ID)
	}
	seen, ok := c.life.Use()
	if !ok {
		return nil, fmt.Errorf("run %s in container %s: %w", spec.Path, c.handle, whyUnusable(seen))
	}
	id, err := c.startAny(spec)
	if err != nil {
		c.release()
		return nil, err
	}
	return c.attach(id, streams, podinit.Delivered{}, false, c.release), nil
}

// giveUp is for a step's process that did not start before the worker was restarted. Nothing of
// the step ran, and nothing of it can be run in this container any more. Web may run the step
// again in another.
func (c *Container) giveUp(id string) error {
	reason := c.backend.disappeared(fmt.Sprintf("it was restarted before process %s had started in pod %s, and forgot the container's environment, "+
		"which it keeps nowhere else: run the build again", id, c.podName()))
	c.backend.endPodOf(c, reason)
	return reason
}

// release is called when a client has left a process. The container may give way then.
func (c *Container) release() {
	c.life.Release()
	time.AfterFunc(c.backend.patience.idle, c.backend.idled.Send)
}

// startAny starts a process and returns its ID, which it makes up for one that has none.
func (c *Container) startAny(spec garden.ProcessSpec) (id string, err error) {
	if spec.ID != "" {
		return spec.ID, c.startRemembered(spec.ID, spec)
	}
	id = uuid.NewString()
	return id, c.start(id, spec)
}

// startRemembered remembers the process first: a worker that ended in between
// would not let web attach to it, and init refuses to start it again.
func (c *Container) startRemembered(id string, spec garden.ProcessSpec) error {
	isNew, err := c.remember(id)
	if err != nil {
		return c.notStarted(c.backend.ctx, id, err)
	}
	err = c.start(id, spec)
	if err == nil {
		c.noteBegun(id)
	}
	if err != nil && isNew {
		return errors.Join(err, c.forget(id))
	}
	return err
}

func (c *Container) start(id string, spec garden.ProcessSpec) error {
	ctx, cancel := context.WithTimeout(c.backend.ctx, c.backend.patience.request)
	defer cancel()

	err := c.podsInit().Start(ctx, podinit.ProcessSpec{
		ID:       id,
		Path:     spec.Path,
		Args:     spec.Args,
		Env:      slices.Concat(c.knownEnvironment(), spec.Env),
		Dir:      spec.Dir,
		User:     spec.User,
		Terminal: windowSize(spec.TTY),

		ReplayStdout: id == resourceProcessID,
		Unlogged:     spec.ID == "" && !c.isCheck(spec),
	})
	if notFound, ok := errors.AsType[*podinit.ExecutableNotFoundError](err); ok {
		return garden.ExecutableNotFoundError{Message: notFound.Error()}
	}
	if _, gone := errors.AsType[*podinit.GoneError](err); gone {
		defer c.lostInit(err)
	}
	if err != nil {
		return c.notStarted(ctx, id, err)
	}
	return nil
}

func (c *Container) notStarted(ctx context.Context, id string, err error) error {
	if c.backend.ctx.Err() != nil {
		return c.backend.disappeared(fmt.Sprintf("it was stopped before it knew whether process %s had started in pod %s", id, c.podName()))
	}
	return fmt.Errorf("start process %s in pod %s: %w", id, c.podName(), c.endReasonOr(ctx, err))
}

// remember lets clients attach to the process again, of this worker or of the
// same worker after a restart.
func (c *Container) remember(id string) (isNew bool, err error) {
	err = c.state.Change(func(r *statedir.Record) {
		if isNew = !slices.Contains(r.Processes, id); isNew {
			r.Processes = append(r.Processes, id)
		}
	})
	return isNew, err
}

// forget is for a process that did not start.
func (c *Container) forget(id string) error {
	return c.state.Change(func(r *statedir.Record) {
		r.Processes = slices.DeleteFunc(r.Processes, func(known string) bool { return known == id })
	})
}

// whyUnusable says why nothing can be started in a container.
func whyUnusable(seen lifecycle.View) error {
	switch {
	case seen.Reason != nil:
		return seen.Reason
	case seen.StartError != nil:
		return seen.StartError
	case seen.Phase == lifecycle.Discarded:
		return errDiscarded
	}
	return errBeingDestroyed
}
