package kubernetes

import (
	"context"
	"errors"

	"code.cloudfoundry.org/lager/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// deliverLeftover delivers what the init of a pod that has ended would have delivered, and
// a note after that, unless it is empty.
// A client that has left, or that another took the place of, gets nothing any more.
func (p *Process) deliverLeftover(ctx context.Context, streams podinit.ProcessIO, note string) {
	if seen, _ := p.container.pod.see(); !seen.ended() {
		return
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, podinit.ErrPodEnded) {
		return
	}
	if err := podinit.DeliverLeftover(p.container.state.runDir(), p.id, streams, note); err != nil {
		p.container.backend.Logger.Error("failed-to-deliver-leftover-output", err, lager.Data{"handle": p.container.handle, "process": p.id})
	}
}

// dropDeleted removes the state of a container whose pod was deleted, once the clients of
// its processes have what the state keeps of their output. The caller has the container's
// removal, and gives it away.
func (b *Backend) dropDeleted(container *Container, deleted *corev1.Pod) {
	defer container.removal.Release(1)
	for _, process := range container.attached() {
		process.Wait()
	}
	if b.ctx.Err() != nil { // the next worker cleans up
		return
	}
	if err := b.drop(container); err != nil {
		b.Logger.Error("failed-to-remove-state-of-deleted-pod", err, lager.Data{"pod": deleted.Name})
	}
}
