package apiserver

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// CreateSecret puts an image's login, in the form of Docker's config.json, into a Secret with
// the name of the pod. It is the only place that the password gets to.
func (c *Client) CreateSecret(ctx context.Context, forPod *corev1.Pod, config []byte) error {
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name:        forPod.Name,
			Namespace:   forPod.Namespace,
			Labels:      forPod.Labels,
			Annotations: pod.SecretAnnotations(forPod),
		},
		Type: corev1.SecretTypeDockerConfigJson,
		Data: map[string][]byte{corev1.DockerConfigJsonKey: config},
	}
	again := false
	return c.askAgain(ctx, func(ctx context.Context) error {
		_, err := c.Kubernetes.CoreV1().Secrets(c.Namespace).Create(ctx, secret, metav1.CreateOptions{})
		if err == nil || again && apierrors.IsAlreadyExists(err) {
			return nil
		}
		again = true
		return Error("create", "the pull secret", err)
	})
}

// HandSecretOver makes the pod the owner of its Secret, which then goes with it
// whoever deletes the pod.
func (c *Client) HandSecretOver(ctx context.Context, owner *corev1.Pod) error {
	return c.setOwners(ctx, owner.Name, []metav1.OwnerReference{
		{APIVersion: "v1", Kind: "Pod", Name: owner.Name, UID: owner.UID},
	})
}

// TakeSecretBack keeps the Secret when its owner is deleted.
func (c *Client) TakeSecretBack(ctx context.Context, name string) error {
	return c.setOwners(ctx, name, nil)
}

func (c *Client) setOwners(ctx context.Context, secret string, owners []metav1.OwnerReference) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"ownerReferences": owners}})
	if err != nil {
		return fmt.Errorf("change the owner of the pull secret: %w", err)
	}
	return c.askAgain(ctx, func(ctx context.Context) error {
		_, err := c.Kubernetes.CoreV1().Secrets(c.Namespace).Patch(ctx, secret, types.MergePatchType, patch, metav1.PatchOptions{})
		if err != nil {
			return Error("patch", "the pull secret", err)
		}
		return nil
	})
}

// DeleteSecret removes a Secret, if there is one.
func (c *Client) DeleteSecret(ctx context.Context, name string) error {
	err := c.askAgain(ctx, func(ctx context.Context) error {
		return c.Kubernetes.CoreV1().Secrets(c.Namespace).Delete(ctx, name, metav1.DeleteOptions{})
	})
	if err != nil && !apierrors.IsNotFound(err) {
		return Error("delete", "pull secret "+c.Namespace+"/"+name, err)
	}
	return nil
}
