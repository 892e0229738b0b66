package kubernetes

import (
	"context"

	"code.cloudfoundry.org/garden"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// VolumeImages makes images of volumes.
type VolumeImages interface {
	// Reference returns the reference by which the node pulls a directory in a
	// volume as an image.
	Reference(ctx context.Context, directory string) (string, error)
}

// imageOrigin is the image as the step asks for it: a reference, or the directory
// in a volume.
func imageOrigin(spec garden.ContainerSpec) (string, error) {
	if directory, isDirectory := pod.RootDirectory(spec); isDirectory {
		return directory, nil
	}
	return pod.ImageReference(spec)
}

// image is the reference of the container's image. If the image is a volume, the
// worker may have to read all of it before.
func (b *Backend) image(ctx context.Context, spec garden.ContainerSpec) (string, error) {
	directory, isDirectory := pod.RootDirectory(spec)
	if !isDirectory {
		return pod.ImageReference(spec)
	}
	return b.volumeImage(ctx, directory)
}

func (b *Backend) volumeImage(ctx context.Context, directory string) (string, error) {
	reference, err := b.VolumeImages.Reference(ctx, directory)
	if b.ctx.Err() != nil {
		return "", b.abortReason(ctx)
	}
	return reference, err
}
