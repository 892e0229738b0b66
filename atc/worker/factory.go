package worker

import (
	"context"
	"fmt"
	"net/http"

	"code.cloudfoundry.org/lager/v3"
	"github.com/concourse/concourse-kubernetes/atc/steptimeout"
	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/runtime"
	"github.com/concourse/concourse/atc/worker"
	"github.com/concourse/concourse/atc/worker/gardenruntime"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
	"github.com/concourse/concourse/atc/worker/gardenruntime/transport"
	"github.com/concourse/concourse/worker/baggageclaim/client"
)

// IsKubernetes tells whether the steps of a worker are pods: it advertises its
// base resource types, of which there is at least one, as image references.
func IsKubernetes(dbWorker db.Worker) bool {
	types := dbWorker.ResourceTypes()
	for _, resourceType := range types {
		if !contract.IsImageURL(resourceType.Image) {
			return false
		}
	}
	return len(types) > 0
}

type factory struct {
	upstream worker.DefaultFactory
}

// NewFactory returns a worker.Factory that makes a Worker for each Kubernetes
// worker and upstream's for every other.
func NewFactory(upstream worker.DefaultFactory) worker.Factory {
	return factory{upstream: upstream}
}

func (f factory) NewWorker(logger lager.Logger, dbWorker db.Worker) runtime.Worker {
	if !IsKubernetes(dbWorker) {
		return otherWorker{f.upstream.NewWorker(logger, dbWorker), dbWorker}
	}

	garden := f.gardenClient(logger.Session("garden-connection"), dbWorker)

	roundTripper := transport.NewBaggageclaimRoundTripper(
		dbWorker.Name(),
		dbWorker.BaggageclaimURL(),
		f.upstream.DB.WorkerFactory,
		&http.Transport{DisableKeepAlives: true, ResponseHeaderTimeout: f.upstream.BaggageclaimResponseHeaderTimeout},
	)

	awaitStart := awaitStartWithin(f.upstream.GardenRequestTimeout)
	return newWorker(dbWorker, garden, awaitStart, func(garden gclient.Client) *gardenruntime.Worker {
		return gardenruntime.NewWorker(dbWorker, garden, client.New("", roundTripper), f.upstream.DB.ToGardenRuntimeDB(), f.upstream.Streamer)
	})
}

// otherWorker is a worker of another runtime, which has no kubelet to pull an
// image for it.
type otherWorker struct {
	runtime.Worker
	dbWorker containerFinder
}

// containerFinder is what otherWorker needs of a db.Worker.
type containerFinder interface {
	FindContainer(db.ContainerOwner) (db.CreatingContainer, db.CreatedContainer, error)
}

// FindOrCreateContainer refuses to create a container from an image that was
// left to a kubelet. One that there is already needs no image: with global
// resources, a check may go to the container of another team's check. The step's
// timeout counts from here.
func (w otherWorker) FindOrCreateContainer(
	ctx context.Context,
	owner db.ContainerOwner,
	metadata db.ContainerMetadata,
	spec runtime.ContainerSpec,
	delegate runtime.BuildStepDelegate,
) (runtime.Container, []runtime.VolumeMount, error) {
	steptimeout.Run(ctx)
	image := spec.ImageSpec.ImageURL
	if len(nativeImages(delegate, image)) == 0 {
		return w.Worker.FindOrCreateContainer(ctx, owner, metadata, spec, delegate)
	}
	_, created, err := w.dbWorker.FindContainer(owner)
	if err != nil {
		return nil, nil, fmt.Errorf("find the step's container on worker %s: %w", w.Name(), err)
	}
	if created == nil {
		return nil, nil, fmt.Errorf("image %s was left to a kubelet to pull, but the step went to worker %s, which is not a Kubernetes worker: give the workers different tags; with --native-image-fetch=auto on web, run the build again, for the worker joined just now", image, w.Name())
	}
	return w.Worker.FindOrCreateContainer(ctx, owner, metadata, spec, delegate)
}
