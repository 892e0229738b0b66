package worker

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"time"

	"code.cloudfoundry.org/clock"
	"code.cloudfoundry.org/garden"
	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/concourse/concourse-kubernetes/atc/steptimeout"
	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/runtime"
	"github.com/concourse/concourse/atc/worker/gardenruntime"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
)

// NativeImages is implemented by the delegate of a step whose image was fetched
// natively.
type NativeImages interface {
	// NativeImages returns the step's image on each registry that it may be pulled
	// from, in the order in which they are tried. It is empty for a step whose
	// image was not fetched natively.
	NativeImages() []registryimage.Image

	// PullFailed is told that no container could be made with an image, and which
	// one is tried next.
	PullFailed(image, next registryimage.Image, err error)
}

// Worker is upstream's Garden worker for a worker whose containers are pods.
type Worker struct {
	*gardenruntime.Worker

	dbWorker   db.Worker
	garden     gclient.Client
	awaitStart time.Duration
	newWorker  func(gclient.Client) *gardenruntime.Worker
}

var _ runtime.Worker = (*Worker)(nil)

func newWorker(dbWorker db.Worker, garden gclient.Client, awaitStart time.Duration, newGardenWorker func(gclient.Client) *gardenruntime.Worker) *Worker {
	return &Worker{
		Worker:     newGardenWorker(garden),
		dbWorker:   dbWorker,
		garden:     garden,
		awaitStart: awaitStart,
		newWorker:  newGardenWorker,
	}
}

// FindOrCreateContainer does what upstream's does, with the image of a base
// resource type as a reference, and amends the Garden container it creates. A step
// whose container is of no more use gets another, see uselessFor. The step's timeout counts
// from here, but for the time that the pod takes to start.
func (w *Worker) FindOrCreateContainer(
	ctx context.Context,
	owner db.ContainerOwner,
	metadata db.ContainerMetadata,
	spec runtime.ContainerSpec,
	delegate runtime.BuildStepDelegate,
) (runtime.Container, []runtime.VolumeMount, error) {
	steptimeout.Run(ctx)
	if err := checkRootFS(spec.ImageSpec.ImageURL); err != nil {
		return nil, nil, err
	}
	spec.ImageSpec = w.referenceOfBaseType(spec.ImageSpec)
	client := w.amending(ctx, metadata, spec, delegate)
	amended := w.newWorker(client)
	container, mounts, err := amended.FindOrCreateContainer(ctx, owner, metadata, spec, delegate)
	err = w.lostVolume(err)
	missing, isMissing := errors.AsType[garden.ContainerNotFoundError](err)
	if !isMissing || !client.isReplaced(missing.Handle, metadata.Type) {
		return container, mounts, err
	}
	if err := w.forget(ctx, owner, missing.Handle); err != nil {
		return nil, nil, err
	}
	return amended.FindOrCreateContainer(ctx, owner, metadata, spec, delegate)
}

// amending returns a Garden client that amends the container it creates.
func (w *Worker) amending(ctx context.Context, metadata db.ContainerMetadata, spec runtime.ContainerSpec, delegate runtime.BuildStepDelegate) *amendingClient {
	return &amendingClient{
		Client:     w.garden,
		ctx:        ctx,
		image:      spec.ImageSpec,
		delegate:   delegate,
		properties: stepProperties(metadata, spec),

		awaitStart: w.awaitStart,
		clock:      clock.NewClock(),

		useless: uselessFor(metadata.Type),
	}
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

// instanceVars shows, as fly does, what the metadata has as JSON.
func instanceVars(encoded string) string {
	var decoded atc.InstanceVars
	if err := json.Unmarshal([]byte(encoded), &decoded); err != nil {
		return ""
	}
	return decoded.String()
}

// stepProperties say what a container is for. A pipeline may have names and
// variables of any length; no more of them travels than a pod may show.
func stepProperties(metadata db.ContainerMetadata, spec runtime.ContainerSpec) garden.Properties {
	properties := garden.Properties{
		contract.Team:     spec.TeamName,
		contract.Pipeline: metadata.PipelineName,
		contract.Job:      metadata.JobName,
		contract.Build:    metadata.BuildName,
		contract.Step:     metadata.StepName,
		contract.Type:     string(metadata.Type),
		contract.Attempt:  metadata.Attempt,

		contract.InstanceVars: instanceVars(metadata.PipelineInstanceVars),
	}
	maps.DeleteFunc(properties, func(_, value string) bool { return value == "" })
	return contract.CutAll(properties)
}
