package concourse

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

// This label marks a namespace that is ours to delete, in a cluster that is not.
const (
	managedByLabel = "app.kubernetes.io/managed-by"
	managedByUs    = "concourse-testflight"
)

func (c *Concourse) createNamespace(ctx context.Context) error {
	client, err := c.Client()
	if err != nil {
		return err
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: Namespace, Labels: map[string]string{managedByLabel: managedByUs}}}
	_, err = client.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// deleteNamespace deletes the namespace, with the pods in it, if we made it.
func (c *Concourse) deleteNamespace(ctx context.Context) error {
	client, err := c.Client()
	if err != nil {
		return err
	}
	namespaces := client.CoreV1().Namespaces()

	// Gone only when its pods are, whose volumes are removed next.
	err = wait.PollUntilContextTimeout(ctx, time.Second, 2*time.Minute, true, func(ctx context.Context) (bool, error) {
		found, err := namespaces.Get(ctx, Namespace, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		if found.Labels[managedByLabel] != managedByUs {
			return true, nil
		}
		if found.DeletionTimestamp != nil {
			return false, nil
		}
		return false, namespaces.Delete(ctx, Namespace, metav1.DeleteOptions{})
	})
	if err != nil {
		return fmt.Errorf("delete namespace %s: %w", Namespace, err)
	}
	return nil
}
