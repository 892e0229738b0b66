package kubernetes

import (
	"context"
	"fmt"
	"time"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/podwatch"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// Destroy removes a container. When it returns, nothing of the container runs,
// and its volumes may go. A container that is not known is not made any more: the request
// that creates it may have been overtaken.
func (b *Backend) Destroy(handle string) error {
	container := b.findOrBury(handle)
	if container == nil {
		return garden.ContainerNotFoundError{Handle: handle}
	}
	if container.life.Abort(errDestroyedWhileStarting) {
		container.abortStart(errDestroyedWhileStarting)
		container.life.Wait(context.Background(), func(phase lifecycle.Phase) bool { return phase != lifecycle.Starting })
	}
	container.life.Destroy()
	container.goingSince()
	if err := b.removeInTime(container); err != nil {
		return fmt.Errorf("destroy container %s: %w", handle, err)
	}
	return nil
}

func (b *Backend) findOrBury(handle string) *Container {
	b.mu.Lock()
	defer b.mu.Unlock()
	container := b.containers[handle]
	if container == nil {
		b.destroyed.bury(handle, time.Now())
	}
	return container
}

// removeInTime removes within the time that a kubelet usually takes.
func (b *Backend) removeInTime(container *Container) error {
	return b.removing(func(ctx context.Context) error { return b.remove(ctx, container) })
}

func (b *Backend) removing(do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(b.ctx, b.patience.removal)
	defer cancel()
	return do(ctx)
}

// remove deletes pod, Secret and state, in an order in which it can be repeated
// after any of them failed. The Secret of a later container of the handle has
// the same name, hence the look at who has the handle.
func (b *Backend) remove(ctx context.Context, container *Container) error {
	return b.takePodAnd(ctx, container, func() error {
		if err := b.states.Discard(container.handle); err != nil {
			return err
		}
		b.forget(container)
		container.pod.Vanished() // the watch may never tell
		container.life.Removed()
		b.freed.Send()
		return nil
	})
}

// takePod removes the pod and the Secret of a container that stays known.
func (b *Backend) takePod(ctx context.Context, container *Container) error {
	return b.takePodAnd(ctx, container, func() error { return nil })
}

// takePodAnd removes the pod and the Secret of a container, and does something while nobody else
// removes any of it.
func (b *Backend) takePodAnd(ctx context.Context, container *Container, do func() error) error {
	began := time.Now()
	if err := container.removal.Acquire(ctx, 1); err != nil {
		return b.stillThere(container, began)
	}
	defer container.removal.Release(1)
	if b.find(container.handle) != container {
		return nil
	}
	if err := b.removePod(ctx, container, began); err != nil {
		return err
	}
	if container.state.Read().HasSecret {
		if err := b.api.DeleteSecret(ctx, container.pod.Name()); err != nil {
			return err
		}
	}
	return do()
}

// removePod returns when the container's pod is gone. The error of one that stays
// tells how long that took since the removal began.
func (b *Backend) removePod(ctx context.Context, container *Container, began time.Time) error {
	seen, _ := container.pod.See()
	if seen.Gone {
		return nil
	}
	if seen.Pod == nil {
		found, err := b.findPod(ctx, container)
		if found == nil {
			return err
		}
		container.pod.Created(found)
		seen.Pod = found
	}
	wasThere, err := b.api.DeletePod(ctx, seen.Pod)
	if err != nil || !wasThere {
		return err
	}
	_, err = container.pod.Wait(ctx, func(seen podwatch.Seen) bool { return seen.Gone })
	if err != nil && b.ctx.Err() != nil { // nothing is watched any more
		return b.disappeared("it was stopped while it removed pod " + container.podName())
	}
	if err != nil && b.api.PodExists(b.ctx, seen.Pod) {
		return b.stillThere(container, began)
	}
	return nil
}

// findPod asks the API server for the pod of a container. It is nil if there is none; one of
// the same name that is another's does not count.
func (b *Backend) findPod(ctx context.Context, container *Container) (*corev1.Pod, error) {
	found, err := b.api.FindPod(ctx, container.pod.Name())
	if err != nil || found == nil || !container.owns(found) {
		return nil, err
	}
	return found, nil
}

// owns says whether a pod with the name of the container's is the container's.
func (c *Container) owns(found *corev1.Pod) bool {
	return pod.BelongsTo(found, c.backend.Worker()) && pod.Handle(found) == c.handle
}

// stillThere says what may keep the pod of a container that is being removed. A
// kubelet does not say in the status of a pod that it pulls.
func (b *Backend) stillThere(container *Container, since time.Time) error {
	waited := time.Since(since).Round(100 * time.Millisecond)
	seen, _ := container.pod.See()
	life, _ := container.life.See()
	if life.StartError != nil && (seen.Pod == nil || !pod.Ran(seen.Pod)) {
		return fmt.Errorf("pod %s is still there after %s: its kubelet may be pulling the image, which it does not break off: the pod goes when that has ended",
			container.podName(), waited)
	}
	return fmt.Errorf("pod %s is still there after %s: check that the kubelet of node %s is well", container.podName(), waited, b.NodeName)
}

// removeOrphan removes a pod of this worker that no container has. A copy of a pod that a person
// made has another name, and stays.
func (b *Backend) removeOrphan(orphan *corev1.Pod) {
	if !pod.HasOwnName(orphan) {
		return
	}
	b.mu.Lock()
	isKnown := b.orphans[orphan.UID]
	b.orphans[orphan.UID] = true
	b.mu.Unlock()
	if isKnown {
		return
	}
	logger := b.Logger.Session("remove-pod-without-container", lager.Data{"pod": orphan.Name, "handle": pod.Handle(orphan)})
	go func() {
		b.insist(logger, func(ctx context.Context) error {
			_, err := b.api.DeletePod(ctx, orphan)
			return err
		})
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.orphans, orphan.UID)
	}()
}
