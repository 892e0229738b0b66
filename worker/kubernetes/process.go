package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"code.cloudfoundry.org/garden"

	"github.com/concourse/concourse-kubernetes/worker/gardenserver"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/podwatch"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// Process is a process that a client is attached to.
type Process struct {
	container *Container
	id        string
	detach    context.CancelCauseFunc
	release   func()

	// isBack says that the process was started before its client attached.
	isBack bool

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
	defer p.release()
	defer func() { p.container.lookAfterInit(p.err) }()
	defer p.container.detached(p)
	defer p.detach(nil)

	if previous != nil {
		previous.detach(errTakenOver)
		<-previous.done
	}
	if p.isBack && p.container.isOver() {
		p.recall(ctx, streams)
		return
	}
	go p.detachWhenPodEnds(ctx)

	status, err := p.container.podsInit().Attach(ctx, p.id, streams)
	if _, unknown := errors.AsType[*podinit.NoSuchProcessError](err); unknown && p.isBack && !p.container.hasBegun(p.id) {
		p.err = p.container.giveUp(p.id)
		return
	}
	if err = p.container.endReasonOr(ctx, err); err != nil {
		p.end(ctx, streams, err)
		return
	}
	p.status = status
	p.container.noteExit(p.id, status)
}

// recall answers without the pod.
func (p *Process) recall(ctx context.Context, streams podinit.ProcessIO) {
	if _, known := p.container.noted()[p.id]; !known && p.container.life.Phase() == lifecycle.Ended {
		p.end(ctx, streams, p.container.endReason())
		return
	}
	p.status, p.err = p.deliverKept(ctx, streams)
}

// end is for a process that can't be followed to its end, for the reason given.
func (p *Process) end(ctx context.Context, streams podinit.ProcessIO, reason error) {
	p.deliverLeftover(ctx, streams, lastNote(reason))
	if killedWithPod(reason) {
		p.status = killedStatus
		return
	}
	p.err = p.inPod("wait for", reason)
}

// detachWhenPodEnds leaves an init that ends in order a moment to deliver what
// it has. One that was killed breaks the connection or not, as it comes.
func (p *Process) detachWhenPodEnds(ctx context.Context) {
	if _, err := p.container.pod.Wait(ctx, podwatch.Seen.Ended); err != nil {
		return
	}
	select {
	case <-time.After(p.container.backend.patience.drain):
		p.detach(podinit.ErrPodEnded)
	case <-ctx.Done():
	}
}
