package engine

import (
	"context"
	"errors"
	"fmt"
	"io"

	"code.cloudfoundry.org/clock"
	"code.cloudfoundry.org/lager/v3/lagerctx"
	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/creds"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/engine"
	"github.com/concourse/concourse/atc/exec"
	"github.com/concourse/concourse/atc/policy"
	"github.com/concourse/concourse/atc/resource"
	"github.com/concourse/concourse/atc/runtime"
)

// registryImageType is the only type whose images a kubelet can pull.
const registryImageType = "registry-image"

// imageFetchingDelegate is what buildStepDelegate needs of the upstream
// delegate of its step.
type imageFetchingDelegate interface {
	FetchImage(context.Context, atc.Plan, *atc.Plan, bool) (runtime.ImageSpec, db.ResourceCache, error)
	Stderr() io.Writer
}

// imageFetcherFactory holds what every buildStepDelegate of a web node shares.
type imageFetcherFactory struct {
	mode                  NativeImageFetchMode
	workers               workerLister
	policyChecker         policy.Checker
	resourceCacheFactory  db.ResourceCacheFactory
	resourceConfigFactory db.ResourceConfigFactory
}

func (f imageFetcherFactory) newBuildStepDelegate(build db.Build, planID atc.PlanID, tags atc.Tags, state exec.RunState, upstream imageFetchingDelegate) *buildStepDelegate {
	return &buildStepDelegate{
		imageFetcherFactory: f,
		upstream:            upstream,
		nativeImageFetch:    f.mode != NativeImageFetchNever,
		build:               build,
		planID:              planID,
		tags:                tags,
		state:               state,
		clock:               clock.NewClock(),
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
	tags   atc.Tags
	state  exec.RunState
	clock  clock.Clock

	// image is what was last fetched natively.
	image registryimage.Image
}

// PullCredentials returns the login with which the kubelet pulls the image
// that was fetched last; both are empty where it needs none.
func (d *buildStepDelegate) PullCredentials() (username, password string) {
	return d.image.Username, d.image.Password
}

// FetchImage returns the image of a step as a reference for the kubelet where
// it can, and as an artifact, like upstream's method of that name, where it
// can't.
func (d *buildStepDelegate) FetchImage(ctx context.Context, get atc.Plan, check *atc.Plan, privileged bool) (runtime.ImageSpec, db.ResourceCache, error) {
	native, err := d.applies(get)
	if err != nil {
		return runtime.ImageSpec{}, nil, err
	}
	if !native {
		d.image = registryimage.Image{}
		return d.upstream.FetchImage(ctx, get, check, privileged)
	}
	return d.fetchNatively(ctx, get, check, privileged)
}

// applies tells whether the image that the plan gets can be left to a kubelet.
// Where the mode would have it but the image's source does not, the build log
// says why.
func (d *buildStepDelegate) applies(get atc.Plan) (bool, error) {
	if !d.nativeImageFetch || get.Get.Type != registryImageType {
		return false, nil
	}

	if d.mode == NativeImageFetchAuto {
		only, err := onlyKubernetesWorkers(d.workers, d.build, d.tags)
		if err != nil || !only {
			return false, err
		}
	}

	source, err := creds.NewSource(d.state, get.Get.Source).Evaluate()
	if err != nil {
		return false, fmt.Errorf("source of image %s: %w", get.Get.Name, err)
	}
	reason, err := registryimage.PhysicalReason(source, get.Get.Params)
	if err != nil {
		return false, fmt.Errorf("image %s: %w", get.Get.Name, err)
	}
	if reason != "" {
		fmt.Fprintf(d.upstream.Stderr(), "image %s is fetched into a volume, not pulled by the kubelet: %s\n", get.Get.Name, reason)
	}
	return reason == "", nil
}

func (d *buildStepDelegate) fetchNatively(ctx context.Context, get atc.Plan, check *atc.Plan, privileged bool) (runtime.ImageSpec, db.ResourceCache, error) {
	if err := d.checkImagePolicy(get.Get, privileged); err != nil {
		return runtime.ImageSpec{}, nil, err
	}

	scope := d.state.NewLocalScope()
	if check != nil {
		succeeded, err := scope.Run(ctx, *check)
		if err != nil {
			return runtime.ImageSpec{}, nil, err
		}
		if !succeeded {
			return runtime.ImageSpec{}, nil, fmt.Errorf("check of image %s failed", get.Get.Name)
		}
	}

	fetched, err := d.showGet(ctx, get, scope)
	if err != nil {
		return runtime.ImageSpec{}, nil, err
	}
	d.image = fetched.image
	return runtime.ImageSpec{ImageURL: fetched.image.Reference, Privileged: privileged}, fetched.cache, nil
}

// showGet resolves and saves the image, and shows that as the image's get from
// its beginning to its end.
func (d *buildStepDelegate) showGet(ctx context.Context, get atc.Plan, scope exec.RunState) (fetchedImage, error) {
	shown := engine.NewGetDelegate(d.build, get.ID, d.state, d.clock, d.policyChecker)
	logger := lagerctx.FromContext(ctx).Session("fetch-image-natively")
	shown.Initializing(logger)

	fetched, err := d.resolve(ctx, get.Get, scope)
	if err != nil {
		shown.Errored(logger, err.Error())
		return fetchedImage{}, err
	}
	if err := d.build.SaveImageResourceVersion(fetched.cache); err != nil {
		err = fmt.Errorf("save the version of image %s: %w", get.Get.Name, err)
		shown.Errored(logger, err.Error())
		return fetchedImage{}, err
	}

	shown.Starting(logger)
	fmt.Fprintf(shown.Stderr(), "the kubelet pulls %s\n", fetched.image.Reference)
	if !fetched.image.Pinned {
		fmt.Fprintln(shown.Stderr(), "the image is not pinned to a digest: no version of it is known")
	}
	shown.Finished(logger, 0, resource.VersionResult{
		Version:  fetched.version,
		Metadata: []atc.MetadataField{{Name: "image", Value: fetched.image.Reference}},
	})
	return fetched, nil
}

// fetchedImage is an image that a kubelet is going to pull.
type fetchedImage struct {
	image   registryimage.Image
	version atc.Version
	cache   db.ResourceCache
}

// resolve finds the version of the image and its resource cache, which
// upstream's get would have made.
func (d *buildStepDelegate) resolve(ctx context.Context, get *atc.GetPlan, scope exec.RunState) (fetchedImage, error) {
	source, err := creds.NewSource(d.state, get.Source).Evaluate()
	if err != nil {
		return fetchedImage{}, fmt.Errorf("source of image %s: %w", get.Name, err)
	}
	params, err := creds.NewParams(d.state, get.Params).Evaluate()
	if err != nil {
		return fetchedImage{}, fmt.Errorf("params of image %s: %w", get.Name, err)
	}

	typeCache, err := d.typeCache(ctx, get.TypeImage)
	if err != nil {
		return fetchedImage{}, err
	}
	version, err := d.version(get, source, typeCache, scope)
	if err != nil {
		return fetchedImage{}, err
	}
	image, err := registryimage.Resolve(source, version)
	if err != nil {
		return fetchedImage{}, fmt.Errorf("image %s: %w", get.Name, err)
	}
	if version == nil {
		version = atc.Version{"tag": image.Tag}
	}

	cache, err := d.resourceCacheFactory.FindOrCreateResourceCache(d.build.ResourceCacheUser(), get.Type, version, source, params, typeCache)
	if err != nil {
		return fetchedImage{}, fmt.Errorf("resource cache of image %s: %w", get.Name, err)
	}
	return fetchedImage{image: image, version: version, cache: cache}, nil
}

// typeCache returns the resource cache of the image of a custom type that
// stands in place of the base type registry-image, nil for the base type.
func (d *buildStepDelegate) typeCache(ctx context.Context, image atc.TypeImage) (db.ResourceCache, error) {
	if image.GetPlan == nil {
		return nil, nil
	}
	_, cache, err := d.FetchImage(ctx, *image.GetPlan, image.CheckPlan, image.Privileged)
	return cache, err
}

// version returns the version pinned in the plan, else the one that the check
// found, else the latest one known to the database, else nil.
func (d *buildStepDelegate) version(get *atc.GetPlan, source atc.Source, typeCache db.ResourceCache, scope exec.RunState) (atc.Version, error) {
	version, err := exec.NewVersionSourceFromPlan(get).Version(scope)
	if err != nil && !errors.Is(err, exec.ErrResultMissing) {
		return nil, fmt.Errorf("version of image %s: %w", get.Name, err)
	}
	if len(version) > 0 {
		return version, nil
	}

	config, err := d.resourceConfigFactory.FindOrCreateResourceConfig(get.Type, source, typeCache)
	if err != nil {
		return nil, fmt.Errorf("resource config of image %s: %w", get.Name, err)
	}
	configScope, err := config.FindOrCreateScope(nil)
	if err != nil {
		return nil, fmt.Errorf("resource config scope of image %s: %w", get.Name, err)
	}
	latest, found, err := configScope.LatestVersion()
	if err != nil {
		return nil, fmt.Errorf("latest version of image %s: %w", get.Name, err)
	}
	if !found {
		return nil, nil
	}
	return atc.Version(latest.Version()), nil
}
