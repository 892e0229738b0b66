package kubernetes

import (
	"context"
	"fmt"

	"code.cloudfoundry.org/garden"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/image"
)

// VolumeImages makes images of volumes.
type VolumeImages interface {
	// Reference returns the reference by which the node pulls a directory in a
	// volume as an image.
	Reference(ctx context.Context, directory string) (string, error)

	// Serves says whether an image reference names the worker's own registry.
	Serves(reference string) bool
}

// imageOf is the container's image. Images of volumes are for steps that have the volume, so no
// reference that a pipeline wrote leads to one.
func (b *Backend) imageOf(spec garden.ContainerSpec) (image.Image, error) {
	of, err := image.Of(spec)
	if err != nil {
		return image.Image{}, err
	}
	if of.Directory == "" && b.VolumeImages.Serves(of.Reference) {
		return image.Image{}, fmt.Errorf("container %s: image %s is in the registry of this worker's volumes, which only Concourse itself may name: "+
			"give the task the image as an input, with image", spec.Handle, of.Reference)
	}
	return of, nil
}

// serve has an image that is a directory be served to the node. The worker may have to read all
// of the directory before.
func (b *Backend) serve(ctx context.Context, of image.Image) (image.Image, error) {
	if of.Directory == "" {
		return of, nil
	}
	reference, err := b.VolumeImages.Reference(ctx, of.Directory)
	return of.At(reference), err
}
