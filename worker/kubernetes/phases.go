package kubernetes

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"code.cloudfoundry.org/lager/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/podwatch"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/statedir"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// podChanged is told of every pod that the watch sees.
func (b *Backend) podChanged(changed *corev1.Pod) {
	if !pod.BelongsTo(changed, b.Worker()) {
		return
	}
	container := b.find(pod.Handle(changed))
	if container == nil {
		b.removeOrphan(changed)
		return
	}
	if !container.pod.Changed(changed) {
		return
	}
	if seen, _ := container.pod.See(); seen.Ended() {
		b.tellFreed(changed)
		b.podEnded(container, seen)
	}
}

// podDeleted is told of every pod that the watch saw and that is gone.
func (b *Backend) podDeleted(deleted *corev1.Pod) {
	if !pod.BelongsTo(deleted, b.Worker()) {
		return
	}
	if b.ctx.Err() != nil { // the next worker finds the state, and goes on by it
		return
	}
	b.tellFreed(deleted)
	container := b.find(pod.Handle(deleted))
	if container == nil || !container.pod.Deleted(deleted) {
		return
	}
	seen, _ := container.pod.See()
	b.podEnded(container, seen)
	if container.life.Phase() == lifecycle.Leaving {
		// The request that asked for it may have given up.
		go b.removeInTime(container)
	}
}

// tellFreed wakes who waits for room that a pod leaves. One that was refused had none.
func (b *Backend) tellFreed(ended *corev1.Pod) {
	if reason := pod.EndReason(ended); reason == nil || !reason.IsOfRoom() {
		b.freed.Send()
	}
}

func (b *Backend) podEnded(container *Container, seen podwatch.Seen) {
	if phase, isNew := container.life.PodEnded(b.whyEnded(seen)); isNew {
		b.entered(container, phase)
	}
}

// entered does what follows from a phase that a container has just come into. It does not wait
// for any of that.
func (b *Backend) entered(container *Container, phase lifecycle.Phase) {
	switch phase {
	case lifecycle.Ready:
		go b.setUnnamedWeight(container)
	case lifecycle.Ended:
		go b.rememberEnd(container)
	case lifecycle.Discarded:
		container.goingSince()
		go b.removeDiscarded(container)
	}
}

// rememberEnd keeps why a step's pod ended for a worker that comes after this one.
func (b *Backend) rememberEnd(container *Container) {
	life, _ := container.life.See()
	if life.Phase != lifecycle.Ended {
		return
	}
	exited := container.noted()
	err := container.state.Change(func(r *statedir.Record) {
		r.Phase, r.Reason, r.Exited = lifecycle.Ended, life.Reason.Error(), exited
	})
	if err != nil && container.life.Phase() == lifecycle.Ended {
		b.Logger.Error("failed-to-remember-end", err, lager.Data{"handle": container.handle})
	}
}

// removeDiscarded removes a container, once the clients of its processes have heard why.
func (b *Backend) removeDiscarded(container *Container) {
	if b.ctx.Err() != nil { // the next worker goes on with it
		return
	}
	logger := b.Logger.Session("remove-container", lager.Data{"handle": container.handle, "pod": container.pod.Name()})
	if seen, _ := container.pod.See(); seen.Pod != nil {
		if reason := pod.EndReason(seen.Pod); reason != nil {
			logger = logger.WithData(lager.Data{"reason": reason.Error()})
		}
	}
	err := container.state.Change(func(r *statedir.Record) { r.Phase = lifecycle.Discarded })
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		logger.Error("failed-to-remember", err)
	}
	for _, process := range container.attached() {
		process.Wait()
	}
	b.insist(logger, func(ctx context.Context) error { return b.remove(ctx, container) })
}

// insistOnTakingPod removes the pod of a container that stays known. The purpose names the
// messages in the worker's log.
func (b *Backend) insistOnTakingPod(container *Container, purpose string) {
	logger := b.Logger.Session(purpose, lager.Data{"handle": container.handle, "pod": container.pod.Name()})
	b.insist(logger, func(ctx context.Context) error { return b.takePod(ctx, container) })
}

// insist does something again until that succeeds. A worker that stops leaves it to the next
// one.
func (b *Backend) insist(logger lager.Logger, do func(context.Context) error) {
	for b.ctx.Err() == nil {
		err := b.removing(do)
		if err == nil {
			logger.Info("removed")
			return
		}
		logger.Error("failed", err)
		select {
		case <-time.After(b.patience.removal):
		case <-b.ctx.Done():
		}
	}
}
