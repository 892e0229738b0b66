package worker

import (
	"context"
	"maps"
	"time"

	"code.cloudfoundry.org/clock"
	"code.cloudfoundry.org/garden"
	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/concourse/concourse-kubernetes/atc/steptimeout"
	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse/atc/runtime"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
)

// amendingClient adds what upstream's Garden runtime leaves out of the container
// of a step on its way to Garden.
type amendingClient struct {
	gclient.Client

	// ctx is the step's, which upstream does not hand on to Garden: a pod may pull
	// its image for minutes.
	ctx context.Context

	image      runtime.ImageSpec
	delegate   runtime.BuildStepDelegate
	properties garden.Properties

	// awaitStart is for how long the worker may keep a request to create a container.
	awaitStart time.Duration
	clock      clock.Clock

	// useless are the properties of a container that the step is to have another for.
	useless []string

	// passedOver is the handle of a container that has one of them.
	passedOver string
}

// Create tries the step's image on one registry after the other, where it was
// fetched natively. It is no part of the step's timeout.
func (c *amendingClient) Create(spec garden.ContainerSpec) (gclient.Container, error) {
	steptimeout.Pause(c.ctx)
	defer steptimeout.Run(c.ctx)

	if spec.Properties == nil {
		spec.Properties = garden.Properties{}
	}
	maps.Copy(spec.Properties, c.properties)
	spec.Properties[contract.AwaitStart] = c.awaitStart.String()
	if c.image.ImageURL == "" {
		return c.createOrAbort(spec)
	}
	// Upstream's Garden runtime drops it for an image that is a URL.
	spec.Privileged = c.image.Privileged

	if !contract.IsReference(c.image.ImageURL) {
		return c.createOrAbort(spec)
	}

	images := c.images()
	for i, image := range images[:len(images)-1] {
		container, err := c.createOrAbort(withImage(spec, image))
		if err == nil || c.ctx.Err() != nil || !contract.TellsOfFailedPull(err) {
			return container, err
		}
		c.delegate.(NativeImages).PullFailed(image, images[i+1], err)
	}
	return c.createOrAbort(withImage(spec, images[len(images)-1]))
}

// images returns the images to try, of which there is at least one.
func (c *amendingClient) images() []registryimage.Image {
	if images := nativeImages(c.delegate, c.image.ImageURL); len(images) > 0 {
		return images
	}
	return []registryimage.Image{{Reference: c.image.ImageURL}}
}

// nativeImages returns what a step's delegate fetched natively as that image, if
// it did. It may have fetched another image since; its login is for that one.
func nativeImages(delegate runtime.BuildStepDelegate, imageURL string) []registryimage.Image {
	fetched, ok := delegate.(NativeImages)
	if !ok {
		return nil
	}
	images := fetched.NativeImages()
	if len(images) == 0 || images[0].Reference != imageURL {
		return nil
	}
	return images
}

// withImage hands the login over in Garden's own field for it.
func withImage(spec garden.ContainerSpec, image registryimage.Image) garden.ContainerSpec {
	spec.RootFSPath = contract.ImageURL(image.Reference)
	spec.Image = garden.ImageRef{URI: spec.RootFSPath, Username: image.Username, Password: image.Password}
	return spec
}
