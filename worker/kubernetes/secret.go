package kubernetes

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"code.cloudfoundry.org/garden"
	"github.com/google/go-containerregistry/pkg/name"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// dockerHubKey is where Docker's configuration keeps the login for Docker Hub.
const dockerHubKey = "https://index.docker.io/v1/"

// createSecret puts the image's login into a Secret with the name of the pod. It
// is the only place that the password gets to.
func (b *Backend) createSecret(ctx context.Context, spec garden.ContainerSpec, forPod *corev1.Pod) error {
	config, err := dockerConfig(forPod.Spec.Containers[0].Image, spec.Image.Username, spec.Image.Password)
	if err != nil {
		return err
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name:        forPod.Name,
			Namespace:   forPod.Namespace,
			Labels:      forPod.Labels,
			Annotations: forPod.Annotations,
		},
		Type: corev1.SecretTypeDockerConfigJson,
		Data: map[string][]byte{corev1.DockerConfigJsonKey: config},
	}
	again := false
	return b.untilAnswered(ctx, func(ctx context.Context) error {
		_, err := b.Client.CoreV1().Secrets(b.Namespace).Create(ctx, secret, metav1.CreateOptions{})
		if err == nil || again && apierrors.IsAlreadyExists(err) {
			return nil
		}
		again = true
		return apiError("create", "the pull secret", err)
	})
}

// handSecretOver makes the pod the owner of its Secret, which then goes with it
// whoever deletes the pod.
func (b *Backend) handSecretOver(ctx context.Context, owner *corev1.Pod) error {
	return b.setOwners(ctx, owner.Name, []metav1.OwnerReference{
		{APIVersion: "v1", Kind: "Pod", Name: owner.Name, UID: owner.UID},
	})
}

// takeSecretBack keeps the Secret when its owner is deleted.
func (b *Backend) takeSecretBack(ctx context.Context, name string) error {
	return b.setOwners(ctx, name, nil)
}

func (b *Backend) setOwners(ctx context.Context, secret string, owners []metav1.OwnerReference) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"ownerReferences": owners}})
	if err != nil {
		return fmt.Errorf("change the owner of the pull secret: %w", err)
	}
	return b.untilAnswered(ctx, func(ctx context.Context) error {
		_, err := b.Client.CoreV1().Secrets(b.Namespace).Patch(ctx, secret, types.MergePatchType, patch, metav1.PatchOptions{})
		if err != nil {
			return apiError("patch", "the pull secret", err)
		}
		return nil
	})
}

func (b *Backend) deleteSecret(ctx context.Context, name string) error {
	err := b.askAgain(ctx, func(ctx context.Context) error {
		return b.Client.CoreV1().Secrets(b.Namespace).Delete(ctx, name, metav1.DeleteOptions{})
	})
	if err != nil && !apierrors.IsNotFound(err) {
		return apiError("delete", "pull secret "+b.Namespace+"/"+name, err)
	}
	return nil
}

// dockerConfig is a config.json with the login for an image's registry.
func dockerConfig(image, username, password string) ([]byte, error) {
	reference, err := name.ParseReference(image)
	if err != nil {
		return nil, fmt.Errorf("find the image's registry, to log in: %w", err)
	}
	registry := reference.Context().RegistryStr()
	if registry == name.DefaultRegistry {
		registry = dockerHubKey
	}
	return json.Marshal(map[string]any{"auths": map[string]any{
		registry: map[string]string{
			"username": username,
			"password": password,
			"auth":     base64.StdEncoding.EncodeToString([]byte(username + ":" + password)),
		},
	}})
}
