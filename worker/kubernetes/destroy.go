package kubernetes

import (
	"context"
	"fmt"
	"os"

	"code.cloudfoundry.org/garden"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), b.patience.removal)
	defer cancel()
	if err := b.remove(ctx, container); err != nil {
		return fmt.Errorf("destroy container %s: %w", handle, err)
	}
	return nil
}

// remove deletes pod, Secret and state, in an order in which it can be repeated
// after any of them failed.
func (b *Backend) remove(ctx context.Context, container *Container) error {
	if err := b.removePod(ctx, container.pod); err != nil {
		return err
	}
	if container.state.read().HasSecret {
		if err := b.deleteSecret(ctx, container.pod.name); err != nil {
			return err
		}
	}
	return b.drop(container)
}

// removePod returns when the pod is gone.
func (b *Backend) removePod(ctx context.Context, watched *watchedPod) error {
	if seen, _ := watched.see(); seen.gone {
		return nil
	}
	wasThere, err := b.deletePod(ctx, watched.name)
	seen, _ := watched.see()
	switch {
	case seen.pod == nil: // its creation was refused, as this may be
		return nil
	case err != nil:
		return err
	case !wasThere:
		return nil
	}
	_, err = watched.wait(ctx, func(seen podSeen) bool { return seen.gone })
	if err != nil && b.podExists(watched.name) {
		return fmt.Errorf("pod %s/%s is still there after %s: check that the node's kubelet is well", b.Namespace, watched.name, b.patience.removal)
	}
	return nil
}

// deletePod says whether the pod was there.
func (b *Backend) deletePod(ctx context.Context, name string) (bool, error) {
	err := b.Client.CoreV1().Pods(b.Namespace).Delete(ctx, name, metav1.DeleteOptions{
		GracePeriodSeconds: new(int64(killAfter)),
	})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return true, apiError("delete", "pod "+b.Namespace+"/"+name, err)
	}
	return true, nil
}

// podExists asks the API server, for a pod whose deletion the watch missed.
func (b *Backend) podExists(name string) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), b.patience.request)
	defer cancel()
	_, err := b.Client.CoreV1().Pods(b.Namespace).Get(ctx, name, metav1.GetOptions{})
	return !apierrors.IsNotFound(err)
}

// drop removes the state of a container whose pod is gone. The handle is free
// only after that.
func (b *Backend) drop(container *Container) error {
	b.mu.Lock()
	defer b.mu.Unlock()

	if b.containers[container.handle] != container {
		return nil
	}
	if err := os.RemoveAll(container.state.dir); err != nil {
		return fmt.Errorf("remove the container's state: %w", err)
	}
	delete(b.containers, container.handle)
	return nil
}
