package kubernetes

import (
	"context"
	"fmt"

	"code.cloudfoundry.org/garden"

	"github.com/concourse/concourse-kubernetes/worker/contract"
)

// VolumeImages makes images of volumes.
type VolumeImages interface {
	// Reference returns the reference by which the node pulls a directory in a
	// volume as an image.
	Reference(ctx context.Context, directory string) (string, error)

	// Serves says whether an image reference names the worker's own registry.
	Serves(reference string) bool
}

// imageOrigin is the image as the step asks for it: a reference, or the directory
// in a volume. Images of volumes are for steps that have the volume, so no reference
// that a pipeline wrote leads to one.
func (b *Backend) imageOrigin(spec garden.ContainerSpec) (string, error) {
	image, err := contract.ImageOf(spec)
	if err != nil {
		return "", err
	}
	if image.Directory != "" {
		return image.Directory, nil
	}
	if b.VolumeImages.Serves(image.Reference) {
		return "", fmt.Errorf("container %s: image %s is in the registry of this worker's volumes, which only Concourse itself may name: give the task the image as an input, with image", spec.Handle, image.Reference)
	}
	return image.Reference, nil
}

// image is the reference of the container's image. If the image is a volume, the
// worker may have to read all of it before.
func (b *Backend) image(ctx context.Context, spec garden.ContainerSpec) (string, error) {
	origin, err := b.imageOrigin(spec)
	if err != nil {
		return "", err
	}
	if image, _ := contract.ImageOf(spec); image.Directory == "" {
		return origin, nil
	}
	return b.volumeImage(ctx, origin)
}

func (b *Backend) volumeImage(ctx context.Context, directory string) (string, error) {
	reference, err := b.VolumeImages.Reference(ctx, directory)
	if b.ctx.Err() != nil {
		return "", b.abortReason(ctx)
	}
	return reference, err
}
