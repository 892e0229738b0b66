package kubernetes

import (
	"context"
	"fmt"
	"time"

	"code.cloudfoundry.org/lager/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// queueUp has a start wait behind those that wait for something that its pod needs, too: that
// the node takes a pod, or what the pod reserves.
func (b *Backend) queueUp(ctx context.Context, s *start) error {
	needs, err := s.needs()
	if err != nil {
		return err
	}
	for _, of := range needs {
		if b.queues.isBusy(of) {
			s.container.setWaiting(func() string { return b.othersFirst().Error() })
			defer s.container.setWaiting(nil)
			return b.patiently(ctx, s, func(ctx context.Context) error {
				if err := s.turn.take(ctx, &b.queues, of); err != nil {
					return b.abortedOr(ctx, b.othersFirst())
				}
				return nil
			})
		}
	}
	return nil
}

// othersFirst is why a start waits that was not refused itself.
func (b *Backend) othersFirst() error {
	return fmt.Errorf("room on node %s: others of this worker came before: raise maxPods in the configuration of the node's kubelet, "+
		"or run fewer steps on this worker (max active tasks)", b.NodeName)
}

// needs are the resources that the pod takes of the node.
func (s *start) needs() ([]string, error) {
	like := s.existing
	if like == nil {
		var err error
		if like, err = s.template.Apply(s.build(s.image, "")); err != nil {
			return nil, err
		}
	}
	needs := []string{podSlots}
	for _, resource := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage} {
		if requested(like, resource) > 0 {
			needs = append(needs, string(resource))
		}
	}
	return needs, nil
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
		if b.makeWay(ctx, lacks) {
			return nil
		}
		select {
		case <-freed:
			return nil
		case <-time.After(pause):
			return nil
		case <-ctx.Done():
			return b.abortedOr(ctx, refusal)
		}
	})
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
