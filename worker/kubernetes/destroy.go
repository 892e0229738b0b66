package kubernetes

import (
	"context"
	"fmt"
	"time"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// killAfter is the shortest time, in seconds, in which the kubelet takes a pod
// down in order: with zero, the pod would vanish from the API with its processes
// still on the node, in volumes that are about to be removed.
const killAfter = 1

// Destroy removes a container. When it returns, nothing of the container runs,
// and its volumes may go.
func (b *Backend) Destroy(handle string) error {
	container := b.find(handle)
	if container == nil {
		return garden.ContainerNotFoundError{Handle: handle}
	}
	container.abortStart(errDestroyedWhileStarting)
	<-container.started

	if err := b.removeInTime(container); err != nil {
		return fmt.Errorf("destroy container %s: %w", handle, err)
	}
	return nil
}

// remove deletes pod, Secret and state, in an order in which it can be repeated
// after any of them failed. The Secret of a later container of the handle has
// the same name, hence the look at who has the handle.
func (b *Backend) remove(ctx context.Context, container *Container) error {
	began := time.Now()
	if err := container.removal.Acquire(ctx, 1); err != nil {
		return b.stillThere(container, began)
	}
	defer container.removal.Release(1)
	if b.find(container.handle) != container {
		return nil
	}
	if err := b.removePod(ctx, container); err != nil {
		return err
	}
	if container.state.read().HasSecret {
		if err := b.deleteSecret(ctx, container.pod.name); err != nil {
			return err
		}
	}
	return b.drop(container)
}

// removeInTime removes within the time that a kubelet usually takes.
func (b *Backend) removeInTime(container *Container) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), b.patience.removal)
	defer cancel()
	return b.remove(ctx, container)
}

// removeFailed removes a container whose start failed: web forgets it.
func (b *Backend) removeFailed(container *Container) {
	b.removeUntilGone(b.Logger.Session("remove-failed-container", lager.Data{"handle": container.handle, "pod": container.pod.name}), container)
}

// removeUntilGone tries again until the container is gone. A worker that stops leaves
// it to the next one, which finds it.
func (b *Backend) removeUntilGone(logger lager.Logger, container *Container) {
	for b.ctx.Err() == nil {
		err := b.removeInTime(container)
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

// removePod returns when the container's pod is gone.
func (b *Backend) removePod(ctx context.Context, container *Container) error {
	began := time.Now()
	seen, _ := container.pod.see()
	if seen.gone {
		return nil
	}
	if seen.pod == nil {
		found, err := b.findPod(ctx, container)
		if found == nil {
			return err
		}
		container.pod.created(found)
		seen.pod = found
	}
	wasThere, err := b.deletePod(ctx, seen.pod)
	if err != nil || !wasThere {
		return err
	}
	_, err = container.pod.wait(ctx, func(seen podSeen) bool { return seen.gone })
	if err != nil && b.podExists(seen.pod) {
		return b.stillThere(container, began)
	}
	return nil
}

// stillThere says what may keep the pod of a container that is being removed. A
// kubelet does not say in the status of a pod that it pulls.
func (b *Backend) stillThere(container *Container, since time.Time) error {
	waited := time.Since(since).Round(100 * time.Millisecond)
	seen, _ := container.pod.see()
	if !container.hasStarted() && (seen.pod == nil || !pod.Ran(seen.pod)) {
		return fmt.Errorf("pod %s is still there after %s: its kubelet may be pulling the image, which it does not break off: the pod goes when that has ended",
			container.podName(), waited)
	}
	return fmt.Errorf("pod %s is still there after %s: check that the kubelet of node %s is well", container.podName(), waited, b.NodeName)
}

// findPod asks the API server for the pod of a container whose creation got no
// answer, or a refusal. It is nil if there is none; one of the same name that is
// another's does not count.
func (b *Backend) findPod(ctx context.Context, container *Container) (*corev1.Pod, error) {
	var found *corev1.Pod
	err := b.askAgain(ctx, func(ctx context.Context) (err error) {
		found, err = b.Client.CoreV1().Pods(b.Namespace).Get(ctx, container.pod.name, metav1.GetOptions{})
		return err
	})
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, apiError("get", "pod "+container.podName(), err)
	case !pod.BelongsTo(found, b.Worker()) || pod.Handle(found) != container.handle:
		return nil, nil
	}
	return found, nil
}

// deletePod says whether the pod was there. Another one that has its name by now
// stays.
func (b *Backend) deletePod(ctx context.Context, doomed *corev1.Pod) (bool, error) {
	wasThere := true
	err := b.askAgain(ctx, func(ctx context.Context) error {
		err := b.Client.CoreV1().Pods(b.Namespace).Delete(ctx, doomed.Name, metav1.DeleteOptions{
			GracePeriodSeconds: new(int64(killAfter)),
			Preconditions:      metav1.NewUIDPreconditions(string(doomed.UID)),
		})
		if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
			wasThere = false
			return nil
		}
		return err
	})
	if err != nil {
		return true, apiError("delete", "pod "+b.Namespace+"/"+doomed.Name, err)
	}
	return wasThere, nil
}

// podExists asks the API server, for a pod whose deletion the watch missed.
func (b *Backend) podExists(wanted *corev1.Pod) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), b.patience.request)
	defer cancel()
	found, err := b.Client.CoreV1().Pods(b.Namespace).Get(ctx, wanted.Name, metav1.GetOptions{})
	return !apierrors.IsNotFound(err) && (err != nil || found.UID == wanted.UID)
}

// drop removes the state of a container whose pod is gone. The handle is free
// only after that. The caller has the container's removal.
func (b *Backend) drop(container *Container) error {
	if b.find(container.handle) != container {
		return nil
	}
	if err := b.discard(container.state.dir); err != nil {
		return err
	}
	b.forget(container)
	container.pod.vanished() // the watch may never tell
	return nil
}
