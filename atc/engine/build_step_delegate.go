package engine

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"code.cloudfoundry.org/clock"
	"code.cloudfoundry.org/lager/v3/lagerctx"
	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	kubernetesworker "github.com/concourse/concourse-kubernetes/atc/worker"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/engine"
	"github.com/concourse/concourse/atc/exec"
	"github.com/concourse/concourse/atc/policy"
	"github.com/concourse/concourse/atc/resource"
	"github.com/concourse/concourse/atc/runtime"
	"github.com/concourse/concourse/atc/worker"
)

// imageFetchingDelegate is what buildStepDelegate needs of the upstream
// delegate of its step.
type imageFetchingDelegate interface {
	FetchImage(context.Context, atc.Plan, *atc.Plan, bool) (runtime.ImageSpec, db.ResourceCache, error)
	Stderr() io.Writer
}

// imageFetcherFactory holds what every buildStepDelegate of a web node shares.
type imageFetcherFactory struct {
	mode                  NativeImageFetchMode
	nodes                 registryimage.Nodes
	logins                cloudLogins
	checks                *imageChecks
	workers               workerLister
	policyChecker         policy.Checker
	resourceCacheFactory  db.ResourceCacheFactory
	resourceConfigFactory db.ResourceConfigFactory
}

func (f imageFetcherFactory) newBuildStepDelegate(build db.Build, planID atc.PlanID, placement worker.Spec, state exec.RunState, upstream imageFetchingDelegate) *buildStepDelegate {
	return &buildStepDelegate{
		imageFetcherFactory: f,
		upstream:            upstream,
		nativeImageFetch:    f.mode != NativeImageFetchNever,
		build:               build,
		planID:              planID,
		placement:           placement,
		state:               state,
		clock:               clock.NewClock(),
		log:                 newStepLog(build, planID, state, clock.NewClock()),
	}
}

// buildStepDelegate fetches the images of one step, natively where its
// nativeImageFetch flag is on and the image can be left to a kubelet, else as
// upstream does.
type buildStepDelegate struct {
	imageFetcherFactory

	upstream         imageFetchingDelegate
	nativeImageFetch bool

	build  db.Build
	planID atc.PlanID
	// placement is what the step asks of its worker.
	placement worker.Spec
	state     exec.RunState
	clock     clock.Clock
	log       stepLog

	// images are what was last fetched natively, see fetchedImage.
	images []registryimage.Image
}

var (
	_ kubernetesworker.NativeImages  = (*buildStepDelegate)(nil)
	_ kubernetesworker.StartProgress = (*buildStepDelegate)(nil)
)

// Stdout returns where the stdout of the step's process goes.
func (d *buildStepDelegate) Stdout() io.Writer { return d.log.Stdout() }

// Stderr returns where the stderr of the step's process goes.
func (d *buildStepDelegate) Stderr() io.Writer { return d.log.Stderr() }

// NativeImages returns the image that was fetched last on each registry that it
// may be pulled from.
func (d *buildStepDelegate) NativeImages() []registryimage.Image { return d.images }

// PullFailed says in the build log that an image could not be had from one
// registry and is tried from the next.
func (d *buildStepDelegate) PullFailed(image, next registryimage.Image, err error) {
	fmt.Fprintf(d.upstream.Stderr(), "image %s can't be had from the registry_mirror, so the kubelet pulls %s: %s\n", image.Reference, next.Reference, err)
}

// StillStarting says in the build log what the step's container waits for.
func (d *buildStepDelegate) StillStarting(waited time.Duration, waiting string) {
	line := fmt.Sprintf("waiting for the pod for %s: %s", waited.Round(time.Second), waiting)
	fmt.Fprintln(d.upstream.Stderr(), strings.TrimSuffix(line, ": "))
}

// FetchImage returns the image of a step as a reference for the kubelet where
// it can, and as an artifact, like upstream's method of that name, where it
// can't.
func (d *buildStepDelegate) FetchImage(ctx context.Context, get atc.Plan, check *atc.Plan, privileged bool) (runtime.ImageSpec, db.ResourceCache, error) {
	image, err := d.nativeImage(get)
	if err != nil {
		return runtime.ImageSpec{}, nil, err
	}
	if image == nil {
		return d.fetchPhysically(ctx, get, check, privileged)
	}
	return d.fetchNatively(ctx, image, get, check, privileged)
}

func (d *buildStepDelegate) fetchPhysically(ctx context.Context, get atc.Plan, check *atc.Plan, privileged bool) (runtime.ImageSpec, db.ResourceCache, error) {
	d.images = nil
	return d.upstream.FetchImage(ctx, get, check, privileged)
}

// fetchNatively fetches the image that nativeImage made of the get. Where its
// registry gives no login for the credentials of a cloud, upstream fetches it
// after all, and asks the policy checker once more.
func (d *buildStepDelegate) fetchNatively(ctx context.Context, image *nativeImage, get atc.Plan, check *atc.Plan, privileged bool) (runtime.ImageSpec, db.ResourceCache, error) {
	if err := d.checkImagePolicy(image.GetPlan, privileged); err != nil {
		return runtime.ImageSpec{}, nil, err
	}
	reason, err := d.logIn(ctx, image)
	if err != nil {
		return runtime.ImageSpec{}, nil, fmt.Errorf("image %s: %w", image.Name, err)
	}
	if reason != "" {
		d.sayPhysical(image.Name, reason)
		return d.fetchPhysically(ctx, get, check, privileged)
	}

	scope := d.state.NewLocalScope()
	if check != nil {
		succeeded, err := scope.Run(ctx, *check)
		if err != nil {
			return runtime.ImageSpec{}, nil, err
		}
		if !succeeded {
			return runtime.ImageSpec{}, nil, fmt.Errorf("check of image %s failed", image.Name)
		}
	}

	fetched, err := d.showGet(ctx, image, get.ID, scope)
	if err != nil {
		return runtime.ImageSpec{}, nil, err
	}
	d.images = fetched.images
	return runtime.ImageSpec{ImageURL: fetched.images[0].Reference, Privileged: privileged}, fetched.cache, nil
}

// showGet resolves and saves the image, and shows that as the image's get from
// its beginning to its end.
func (d *buildStepDelegate) showGet(ctx context.Context, image *nativeImage, getID atc.PlanID, scope exec.RunState) (fetchedImage, error) {
	shown := engine.NewGetDelegate(d.build, getID, d.state, d.clock, d.policyChecker)
	logger := lagerctx.FromContext(ctx).Session("fetch-image-natively")
	shown.Initializing(logger)

	fetched, err := d.resolve(ctx, image, scope)
	if err != nil {
		shown.Errored(logger, err.Error())
		return fetchedImage{}, err
	}
	if err := d.build.SaveImageResourceVersion(fetched.cache); err != nil {
		err = fmt.Errorf("save the version of image %s: %w", image.Name, err)
		shown.Errored(logger, err.Error())
		return fetchedImage{}, err
	}

	shown.Starting(logger)
	first := fetched.images[0]
	fmt.Fprintf(shown.Stderr(), "the kubelet pulls %s\n", first.Reference)
	if !first.Pinned {
		fmt.Fprintln(shown.Stderr(), "the image is not pinned to a digest: no version of it is known")
	}
	shown.Finished(logger, 0, resource.VersionResult{
		Version:  fetched.version,
		Metadata: []atc.MetadataField{{Name: "image", Value: first.Reference}},
	})
	return fetched, nil
}
