package kubernetes

import (
	"context"
	"fmt"
	"time"

	"code.cloudfoundry.org/garden"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// VolumeImages makes images of volumes.
type VolumeImages interface {
	// Reference returns the reference by which the node pulls a directory in a
	// volume as an image.
	Reference(ctx context.Context, directory string) (string, error)
}

// image is the reference of the container's image. If the image is a volume, the
// worker may have to read all of it before.
func (b *Backend) image(spec garden.ContainerSpec, deadline time.Time) (string, error) {
	directory, isDirectory := pod.RootDirectory(spec)
	if !isDirectory {
		return pod.ImageReference(spec)
	}
	ctx, cancel := context.WithDeadlineCause(b.ctx, deadline, errTookTooLong)
	defer cancel()
	reference, err := b.VolumeImages.Reference(ctx, directory)
	if err != nil {
		return "", fmt.Errorf("create container %s from image %s: %w", spec.Handle, directory, err)
	}
	return reference, nil
}

// imageAndOrigin names an image for an error, and the volume that it is.
func imageAndOrigin(spec garden.ContainerSpec, of *corev1.Pod) string {
	image := of.Spec.Containers[0].Image
	if directory, isDirectory := pod.RootDirectory(spec); isDirectory {
		return fmt.Sprintf("%s (which is %s)", image, directory)
	}
	return image
}
