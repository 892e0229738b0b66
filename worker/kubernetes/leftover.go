package kubernetes

import (
	"context"
	"errors"
	"fmt"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// deliverLeftover delivers what the init of a pod that has ended would have delivered, and
// a note after that, unless it is empty.
// A client that has left, or that another took the place of, gets nothing any more.
func (p *Process) deliverLeftover(ctx context.Context, streams podinit.ProcessIO, note string) {
	if seen, _ := p.container.pod.See(); !seen.Ended() && p.container.life.Phase() == lifecycle.Ready {
		return
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, podinit.ErrPodEnded) {
		return
	}
	if p.id == resourceProcessID {
		streams.Delivered.Stdout = 0 // each client gets all of the document
	}
	if err := podinit.DeliverLeftover(p.container.state.RunDir(), p.id, streams, note); err != nil {
		p.container.backend.Logger.Error("failed-to-deliver-leftover-output", err, lager.Data{"handle": p.container.handle, "process": p.id})
	}
}

// deliverKept answers for a process that had ended before its pod went.
func (p *Process) deliverKept(ctx context.Context, streams podinit.ProcessIO) (status int, err error) {
	exit, known := p.container.noted()[p.id]
	if !known {
		return 0, garden.ProcessNotFoundError{ProcessID: p.id}
	}
	if p.id == resourceProcessID {
		streams.Delivered.Stdout = 0 // each client gets all of the document
	}
	if err := podinit.DeliverLeftover(p.container.state.RunDir(), p.id, streams, ""); err != nil {
		return 0, p.inPod("deliver the output of", fmt.Errorf("its pod is gone, and what is left of the output can't be read: %w", err))
	}
	if cause := context.Cause(ctx); cause != nil {
		return 0, p.inPod("wait for", cause)
	}
	return exit.Status, nil
}
