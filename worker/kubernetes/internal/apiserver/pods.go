package apiserver

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// killAfter is the shortest time, in seconds, in which the kubelet takes a pod
// down in order: with zero, the pod would vanish from the API with its processes
// still on the node, in volumes that are about to be removed.
const killAfter = 1

// CanListPods asks once for a pod. An informer retries for ever what this says at once.
func (c *Client) CanListPods(ctx context.Context) error {
	if _, err := c.Kubernetes.CoreV1().Pods(c.Namespace).List(ctx, metav1.ListOptions{Limit: 1}); err != nil {
		return Error("list", "pods in namespace "+c.Namespace, err)
	}
	return nil
}

// CreatePod creates a pod. One that is there already is taken for the one created if an
// earlier request got no answer, and isOurs says so of the pod.
func (c *Client) CreatePod(ctx context.Context, desired *corev1.Pod, isOurs func(*corev1.Pod) bool) (created *corev1.Pod, err error) {
	again := false
	err = c.askAgain(ctx, func(ctx context.Context) error {
		created, err = c.Kubernetes.CoreV1().Pods(c.Namespace).Create(ctx, desired, metav1.CreateOptions{})
		if again && apierrors.IsAlreadyExists(err) {
			if found, findErr := c.FindPod(ctx, desired.Name); findErr != nil || found != nil && isOurs(found) {
				created = found
				return findErr
			}
		}
		again = true
		if err != nil {
			return Error("create", "the pod", err)
		}
		return nil
	})
	return created, err
}

// FindPod asks the API server itself, and not what it or the watch remember. The pod is nil if
// there is none.
func (c *Client) FindPod(ctx context.Context, name string) (*corev1.Pod, error) {
	var found *corev1.Pod
	err := c.askAgain(ctx, func(ctx context.Context) (err error) {
		found, err = c.Kubernetes.CoreV1().Pods(c.Namespace).Get(ctx, name, metav1.GetOptions{})
		return err
	})
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, Error("get", "pod "+c.Namespace+"/"+name, err)
	}
	return found, nil
}

// DeletePod says whether the pod was there. Another one that has its name by now
// stays.
func (c *Client) DeletePod(ctx context.Context, doomed *corev1.Pod) (wasThere bool, err error) {
	wasThere = true
	err = c.askAgain(ctx, func(ctx context.Context) error {
		err := c.Kubernetes.CoreV1().Pods(c.Namespace).Delete(ctx, doomed.Name, metav1.DeleteOptions{
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
		return true, Error("delete", "pod "+c.Namespace+"/"+doomed.Name, err)
	}
	return wasThere, nil
}

// PodExists asks the API server once. It says so, too, if there is no answer.
func (c *Client) PodExists(ctx context.Context, wanted *corev1.Pod) bool {
	ctx, cancel := context.WithTimeout(ctx, c.RequestTimeout)
	defer cancel()
	found, err := c.Kubernetes.CoreV1().Pods(c.Namespace).Get(ctx, wanted.Name, metav1.GetOptions{})
	return !apierrors.IsNotFound(err) && (err != nil || found.UID == wanted.UID)
}
