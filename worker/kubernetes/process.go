package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"code.cloudfoundry.org/garden"
	"github.com/google/uuid"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/gardenserver"
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
	if c.knownEnvironment() == nil && c.state.read().HasEnvironment && spec.ID != "" {
		return nil, fmt.Errorf("run process %s in pod %s: the worker was restarted after it made the container and forgot the container's environment, which it keeps nowhere else: run the build again",
			spec.ID, c.podName())
	}
	id := spec.ID
	if id == "" {
		id = uuid.NewString()
	}
	if spec.ID == "" {
		if err := c.start(id, spec); err != nil {
			return nil, err
		}
		return c.attach(id, streams, podinit.Delivered{}), nil
	}
	if err := c.startRemembered(id, spec); err != nil {
		return nil, err
	}
	return c.attach(id, streams, podinit.Delivered{}), nil
}

// startRemembered remembers the process first: a worker that ended in between
// would not let web attach to it, and init refuses to start it again.
func (c *Container) startRemembered(id string, spec garden.ProcessSpec) error {
	isNew, err := c.remember(id)
	if err != nil {
		return c.notStarted(c.backend.ctx, id, err)
	}
	err = c.start(id, spec)
	if err != nil && isNew {
		return errors.Join(err, c.forget(id))
	}
	return err
}

func (c *Container) start(id string, spec garden.ProcessSpec) error {
	ctx, cancel := context.WithTimeout(c.backend.ctx, c.backend.patience.request)
	defer cancel()

	err := c.init.Start(ctx, podinit.ProcessSpec{
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
		return contract.Disappeared(c.backend.WorkerName,
			fmt.Sprintf("it was stopped before it knew whether process %s had started in pod %s", id, c.podName()))
	}
	return fmt.Errorf("start process %s in pod %s: %w", id, c.podName(), c.endReasonOr(ctx, err))
}

// remember lets clients attach to the process again, of this worker or of the
// same worker after a restart.
func (c *Container) remember(id string) (isNew bool, err error) {
	err = c.state.change(func(r *record) {
		if isNew = !slices.Contains(r.Processes, id); isNew {
			r.Processes = append(r.Processes, id)
		}
	})
	return isNew, err
}

// forget is for a process that did not start. Without one the container may be
// of no more use.
func (c *Container) forget(id string) error {
	defer func() { go c.backend.removeWhenSpent(c) }()
	return c.state.change(func(r *record) {
		r.Processes = slices.DeleteFunc(r.Processes, func(known string) bool { return known == id })
	})
}

// Attach follows a process that was run with an ID. An earlier stream of the
// process ends: its client is gone or about to go.
func (c *Container) Attach(id string, streams garden.ProcessIO) (garden.Process, error) {
	if !slices.Contains(c.state.read().Processes, id) {
		return nil, garden.ProcessNotFoundError{ProcessID: id}
	}
	return c.attach(id, streams, podinit.Delivered{Stdout: -1, Stderr: -1}), nil
}

// attach is told from where on it delivers, if this worker did not attach before.
func (c *Container) attach(id string, streams garden.ProcessIO, from podinit.Delivered) *Process {
	ctx, cancel := context.WithCancelCause(c.backend.ctx)
	process := &Process{container: c, id: id, detach: cancel, done: make(chan struct{})}

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
	if !slices.Contains(c.state.read().Processes, process.id) {
		delete(c.delivered, process.id)
	}
}

// Process is a process that a client is attached to.
type Process struct {
	container *Container
	id        string
	detach    context.CancelCauseFunc

	// done is closed when status and err are set.
	done   chan struct{}
	status int
	err    error

	// writing says whether the client is being given output.
	writing podinit.Writing
}

var _ gardenserver.Detacher = (*Process)(nil)

func (p *Process) ID() string {
	return p.id
}

// Wait returns the exit status when the process has ended and its output was
// delivered, or the reason why neither will happen.
func (p *Process) Wait() (int, error) {
	<-p.done
	return p.status, p.err
}

// Detach leaves the process to run on. What its writers have not taken stays with
// init, for the next client.
func (p *Process) Detach() {
	p.detach(errClientGone)
}

func (p *Process) Signal(signal garden.Signal) error {
	number := syscall.SIGTERM
	if signal == garden.SignalKill {
		number = syscall.SIGKILL
	}
	return p.inPod("signal", p.container.signal(p.id, number))
}

func (p *Process) inPod(doing string, err error) error {
	if err != nil {
		return fmt.Errorf("%s process %s in pod %s: %w", doing, p.id, p.container.podName(), err)
	}
	return nil
}

func (p *Process) follow(ctx context.Context, previous *Process, streams podinit.ProcessIO) {
	defer close(p.done)
	defer func() { p.container.lookAfterInit(p.err) }()
	defer p.container.detached(p)
	defer p.detach(nil)

	if previous != nil {
		previous.detach(errTakenOver)
		<-previous.done
	}
	go p.detachWhenPodEnds(ctx)

	status, err := p.container.init.Attach(ctx, p.id, streams)
	if _, unknown := errors.AsType[*podinit.NoSuchProcessError](err); unknown {
		p.err = garden.ProcessNotFoundError{ProcessID: p.id}
		return
	}
	err = p.container.endReasonOr(ctx, err)
	if err != nil {
		p.deliverLeftover(ctx, streams, lastNote(err))
	}
	if killedWithPod(err) {
		status, err = killedStatus, nil
	}
	p.status, p.err = status, p.inPod("wait for", err)
}

// detachWhenPodEnds leaves an init that ends in order a moment to deliver what
// it has. One that was killed breaks the connection or not, as it comes.
func (p *Process) detachWhenPodEnds(ctx context.Context) {
	if _, err := p.container.pod.wait(ctx, podSeen.ended); err != nil {
		return
	}
	select {
	case <-time.After(p.container.backend.patience.drain):
		p.detach(podinit.ErrPodEnded)
	case <-ctx.Done():
	}
}
