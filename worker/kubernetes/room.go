package kubernetes

import (
	"context"
	"fmt"
	"time"

	"code.cloudfoundry.org/lager/v3"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// queueUp has a start wait behind those that wait for the node to take a pod, which every pod
// needs. It does not wait behind one that waits for CPU or memory: a pipeline says how much of
// that it wants, and would hold up all others.
func (b *Backend) queueUp(ctx context.Context, s *start) error {
	if !b.queues.isBusy(podSlots) {
		return nil
	}
	s.container.setWaiting(func() string { return b.othersFirst().Error() })
	defer s.container.setWaiting(nil)
	return b.patiently(ctx, s, func(ctx context.Context) error {
		if err := s.turn.take(ctx, &b.queues, podSlots); err != nil {
			return b.abortedOr(ctx, b.othersFirst())
		}
		return nil
	})
}

// othersFirst is why a start waits that was not refused itself.
func (b *Backend) othersFirst() error {
	return fmt.Errorf("room on node %s: others of this worker came before: raise maxPods in the configuration of the node's kubelet, "+
		"or run fewer steps on this worker (max active tasks)", b.NodeName)
}

// awaitRoom returns when a pod that was refused may be tried again. Pods that run nothing have
// given way then, or some pod has ended since the channel freed was taken, or it is time to
// look whether others' have.
//
// A pod that is bound to its node is not kept waiting by the scheduler, and the
// kubelet does not reconsider.
func (b *Backend) awaitRoom(ctx context.Context, s *start, lacks shortage, refusal error, freed <-chan struct{}, pause time.Duration) error {
	container := s.container
	b.Logger.Info("waiting-for-room", lager.Data{"handle": container.handle, "pod": container.pod.Name(), "refusal": refusal.Error()})
	container.setWaiting(func() string { return b.describe(lacks) })
	defer container.setWaiting(nil)

	if err := b.removeRefused(ctx, s); err != nil {
		return b.abortedOr(ctx, err)
	}
	return b.patiently(ctx, s, func(ctx context.Context) error {
		if err := s.turn.take(ctx, &b.queues, lacks.of); err != nil {
			return b.abortedOr(ctx, refusal)
		}
		if err := b.awaitFreed(ctx, lacks, freed, time.After(pause)); err != nil {
			return b.abortedOr(ctx, refusal)
		}
		return nil
	})
}

// awaitFreed returns when there may be room.
func (b *Backend) awaitFreed(ctx context.Context, lacks shortage, freed <-chan struct{}, pause <-chan time.Time) error {
	for {
		idled := b.idled.Next()
		if b.makeWay(ctx, lacks) {
			return nil
		}
		select {
		case <-idled: // another may give way
		case <-freed:
			return nil
		case <-pause:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// patiently waits. The time counts in which no other container of the worker has room that it
// may leave.
func (b *Backend) patiently(ctx context.Context, s *start, wait func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	over := make(chan error, 1)
	go func() { over <- wait(ctx) }()

	tick := time.NewTicker(b.patience.look)
	defer tick.Stop()
	for {
		select {
		case err := <-over:
			return err
		case <-tick.C:
		}
		if b.othersRun(s.container) {
			continue
		}
		if s.left -= b.patience.look; s.left <= 0 {
			cancel(errTookTooLong)
		}
	}
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
	var running, idle share
	for _, container := range b.all() {
		switch {
		case !container.hasRoom():
		case container.isIdle():
			idle.add(container, lacks.of)
		default:
			running.add(container, lacks.of)
		}
	}
	users := fmt.Sprintf("%s%s, %d have ended or wait for their next check%s", podsThatRun(running.pods), running.of(lacks), idle.pods, idle.of(lacks))
	switch others := max(0, lacks.used-running.amount-idle.amount); {
	case lacks.of == podSlots:
		users += fmt.Sprintf(", %d are others'", others)
	case lacks.used > 0:
		users += ", others' pods have " + lacks.amount(others)
	}
	return fmt.Sprintf("%s: %s: %s", lacks.what, users, lacks.advice)
}

// share is what some of the worker's pods have of what there is too little of.
type share struct {
	pods   int
	amount int64
}

func (s *share) add(container *Container, of string) {
	s.pods++
	s.amount += container.frees(of)
}

// of says how much the pods have, where that is not their number.
func (s *share) of(lacks shortage) string {
	if lacks.of == podSlots || lacks.used == 0 {
		return ""
	}
	return " (" + lacks.amount(s.amount) + ")"
}

func podsThatRun(n int) string {
	if n == 1 {
		return "1 pod of this worker runs"
	}
	return fmt.Sprintf("%d pods of this worker run", n)
}

func (c *Container) isIdle() bool {
	_, idle := c.life.IdleSince()
	return idle || c.life.Phase() == lifecycle.GaveWay
}
