package worker

import (
	"context"

	"code.cloudfoundry.org/garden"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/property"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/runtime"
	"github.com/concourse/concourse/atc/worker/gardenruntime"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
)

// PullCredentials is implemented by a step's delegate that fetched an image
// natively. Username and password are empty where the image needs no login.
type PullCredentials interface {
	PullCredentials() (username, password string)
}

// Worker is upstream's Garden worker for a worker whose containers are pods.
type Worker struct {
	*gardenruntime.Worker

	dbWorker  db.Worker
	garden    gclient.Client
	newWorker func(gclient.Client) *gardenruntime.Worker
}

var _ runtime.Worker = (*Worker)(nil)

func newWorker(dbWorker db.Worker, garden gclient.Client, newGardenWorker func(gclient.Client) *gardenruntime.Worker) *Worker {
	return &Worker{
		Worker:    newGardenWorker(garden),
		dbWorker:  dbWorker,
		garden:    garden,
		newWorker: newGardenWorker,
	}
}

// FindOrCreateContainer does what upstream's does, with the image of a base
// resource type as a reference, and amends the Garden container it creates.
func (w *Worker) FindOrCreateContainer(
	ctx context.Context,
	owner db.ContainerOwner,
	metadata db.ContainerMetadata,
	spec runtime.ContainerSpec,
	delegate runtime.BuildStepDelegate,
) (runtime.Container, []runtime.VolumeMount, error) {
	spec.ImageSpec = w.referenceOfBaseType(spec.ImageSpec)
	return w.newWorker(w.amending(metadata, spec, delegate)).FindOrCreateContainer(ctx, owner, metadata, spec, delegate)
}

// amending returns a Garden client that amends the container it creates.
func (w *Worker) amending(metadata db.ContainerMetadata, spec runtime.ContainerSpec, delegate runtime.BuildStepDelegate) gclient.Client {
	return &amendingClient{Client: w.garden, amend: func(container *garden.ContainerSpec) {
		amendImage(container, spec.ImageSpec, delegate)
		amendProperties(container, metadata, spec)
	}}
}

// referenceOfBaseType leaves a type that the worker does not have to upstream,
// which has an error for it.
func (w *Worker) referenceOfBaseType(image runtime.ImageSpec) runtime.ImageSpec {
	if image.ImageArtifact != nil || image.ResourceType == "" {
		return image
	}
	for _, resourceType := range w.dbWorker.ResourceTypes() {
		if resourceType.Type == image.ResourceType {
			return runtime.ImageSpec{ImageURL: resourceType.Image, Privileged: resourceType.Privileged}
		}
	}
	return image
}

// amendImage adds what upstream's Garden runtime leaves out for an image that
// is a URL: its privilege, and the login, in Garden's own field for it.
func amendImage(container *garden.ContainerSpec, image runtime.ImageSpec, delegate runtime.BuildStepDelegate) {
	if image.ImageURL == "" {
		return
	}
	container.Privileged = image.Privileged

	if !isReference(image.ImageURL) {
		return
	}
	container.RootFSPath = imageScheme + image.ImageURL
	container.Image.URI = container.RootFSPath
	if credentials, ok := delegate.(PullCredentials); ok {
		container.Image.Username, container.Image.Password = credentials.PullCredentials()
	}
}

func amendProperties(container *garden.ContainerSpec, metadata db.ContainerMetadata, spec runtime.ContainerSpec) {
	if container.Properties == nil {
		container.Properties = garden.Properties{}
	}
	for name, value := range map[string]string{
		property.Team:     spec.TeamName,
		property.Pipeline: metadata.PipelineName,
		property.Job:      metadata.JobName,
		property.Build:    metadata.BuildName,
		property.Step:     metadata.StepName,
		property.Type:     string(metadata.Type),
		property.Attempt:  metadata.Attempt,
	} {
		if value != "" {
			container.Properties[name] = value
		}
	}
}

// amendingClient changes the specification of a container on its way to Garden.
type amendingClient struct {
	gclient.Client
	amend func(*garden.ContainerSpec)
}

func (c *amendingClient) Create(spec garden.ContainerSpec) (gclient.Container, error) {
	c.amend(&spec)
	return c.Client.Create(spec)
}
