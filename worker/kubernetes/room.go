package kubernetes

import (
	"context"
	"fmt"
	"time"

	"code.cloudfoundry.org/lager/v3"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// queueUp has a start wait behind those that wait for the node to take a pod: that is what every
// pod needs.
func (b *Backend) queueUp(ctx context.Context, s *start) error {
	if !b.queues.isBusy(podSlots) {
		return nil
	}
	s.container.setWaiting(func() string { return "room on node " + b.NodeName + ": others of this worker came before" })
	defer s.container.setWaiting(nil)
	return b.abortedOr(ctx, s.turn.take(ctx, &b.queues, podSlots))
}

// awaitRoom returns when a pod that was refused may be tried again. Pods that run nothing have
// given way then, or some pod has ended, or it is time to look whether others' have.
//
// A pod that is bound to its node is not kept waiting by the scheduler, and the
// kubelet does not reconsider.
func (b *Backend) awaitRoom(ctx context.Context, s *start, lacks shortage, refusal error, pause time.Duration) error {
	container := s.container
	b.Logger.Info("waiting-for-room", lager.Data{"handle": container.handle, "pod": container.pod.Name(), "refusal": refusal.Error()})
	container.setWaiting(func() string { return b.describe(lacks) })
	defer container.setWaiting(nil)

	if err := b.removeRefused(ctx, s); err != nil {
		return b.abortedOr(ctx, err)
	}
	if err := s.turn.take(ctx, &b.queues, lacks.of); err != nil {
		return b.abortedOr(ctx, refusal)
	}
	freed := b.freed.Next()
	if b.makeWay(ctx, lacks) {
		return nil
	}
	wait := func(ctx context.Context) error {
		select {
		case <-freed:
			return nil
		case <-time.After(pause):
			return nil
		case <-ctx.Done():
			return b.abortedOr(ctx, refusal)
		}
	}
	if b.othersRun(container) {
		return wait(ctx)
	}
	return s.inTime(ctx, wait)
}

// removeRefused removes a pod, and leaves the Secret that it owns to its
// successor.
func (b *Backend) removeRefused(ctx context.Context, s *start) error {
	if seen, _ := s.container.pod.See(); seen.Pod == nil {
		return nil
	}
	if s.hasSecret {
		if err := b.api.TakeSecretBack(ctx, s.container.pod.Name()); err != nil {
			return err
		}
	}
	// Limited, as the watch may have missed the deletion.
	ctx, cancel := context.WithTimeout(ctx, b.patience.removal)
	defer cancel()
	if err := b.removePod(ctx, s.container, time.Now()); err != nil {
		return err
	}
	s.container.pod.Next()
	s.container.life.PodReplaced()
	return nil
}

// othersRun says whether another container of this worker may end and leave its room.
func (b *Backend) othersRun(than *Container) bool {
	for _, container := range b.all() {
		if container != than && container.hasRoom() {
			return true
		}
	}
	return false
}

// hasRoom says whether the container has a pod that the node has taken.
func (c *Container) hasRoom() bool {
	seen, _ := c.pod.See()
	return seen.Pod != nil && !seen.Ended() && pod.Admitted(seen.Pod)
}

// describe says what a start waits for: how much there is, who has it, and what to raise.
func (b *Backend) describe(lacks shortage) string {
	running, idle := 0, 0
	for _, container := range b.all() {
		switch {
		case !container.hasRoom():
		case container.isIdle():
			idle++
		default:
			running++
		}
	}
	users := fmt.Sprintf("%s of this worker run, %d have ended or wait for their next check", counted(running, "pod"), idle)
	if lacks.of == podSlots {
		users += fmt.Sprintf(", %d are others'", max(0, int(lacks.used)-running-idle))
	}
	return fmt.Sprintf("%s: %s: %s", lacks.what, users, lacks.advice)
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (c *Container) isIdle() bool {
	_, idle := c.life.IdleSince()
	return idle || c.life.Phase() == lifecycle.GaveWay
}
