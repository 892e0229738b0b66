package engine

import (
	"context"
	"fmt"
	"io"
	"time"

	"code.cloudfoundry.org/lager/v3"
	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	kubernetesworker "github.com/concourse/concourse-kubernetes/atc/worker"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/event"
	"github.com/concourse/concourse/atc/exec"
	"github.com/concourse/concourse/atc/runtime"
)

// taskDelegate fetches the image_resource of a task. Its nativeImageFetch flag
// is that of its buildStepDelegate.
type taskDelegate struct {
	exec.TaskDelegate

	images           *buildStepDelegate
	nativeImageFetch bool
}

func newTaskDelegate(upstream exec.TaskDelegate, images *buildStepDelegate) *taskDelegate {
	return &taskDelegate{TaskDelegate: upstream, images: images, nativeImageFetch: images.nativeImageFetch}
}

var (
	_ kubernetesworker.NativeImages  = (*taskDelegate)(nil)
	_ kubernetesworker.StartProgress = (*taskDelegate)(nil)
)

func (d *taskDelegate) NativeImages() []registryimage.Image { return d.images.NativeImages() }

func (d *taskDelegate) PullFailed(image, next registryimage.Image, err error) {
	d.images.PullFailed(image, next, err)
}

func (d *taskDelegate) StillStarting(waited time.Duration, waiting string) {
	d.images.StillStarting(waited, waiting)
}

func (d *taskDelegate) Stdout() io.Writer { return d.images.Stdout() }

func (d *taskDelegate) Stderr() io.Writer { return d.images.Stderr() }

func (d *taskDelegate) Finished(logger lager.Logger, status exec.ExitStatus) {
	d.images.log.flush(logger)
	d.TaskDelegate.Finished(logger, status)
}

func (d *taskDelegate) Errored(logger lager.Logger, message string) {
	d.images.log.flush(logger)
	d.TaskDelegate.Errored(logger, message)
}

// SetTaskConfig learns from the task's configuration on which platform it runs.
func (d *taskDelegate) SetTaskConfig(config atc.TaskConfig) {
	d.images.placement.Platform = config.Platform
	d.TaskDelegate.SetTaskConfig(config)
}

// FetchImage saves the events in which the build log shows the image's check
// and get, then fetches it natively; where that is not possible, upstream does
// all of it.
func (d *taskDelegate) FetchImage(
	ctx context.Context,
	image atc.ImageResource,
	types atc.ResourceTypes,
	privileged bool,
	tags atc.Tags,
	skipInterval bool,
) (runtime.ImageSpec, error) {
	physically := func() (runtime.ImageSpec, error) {
		return d.TaskDelegate.FetchImage(ctx, image, types, privileged, tags, skipInterval)
	}
	if !d.nativeImageFetch {
		return physically()
	}

	image.Name = "image"
	get, check := atc.FetchImagePlan(d.images.planID, image, types, tags, skipInterval, nil)

	native, err := d.images.nativeImage(get)
	if err != nil {
		return runtime.ImageSpec{}, err
	}
	if native == nil {
		return physically()
	}

	if err := d.saveImageEvents(get, check); err != nil {
		return runtime.ImageSpec{}, err
	}
	spec, _, err := d.images.fetchNatively(ctx, native, get, check, privileged)
	return spec, err
}

func (d *taskDelegate) saveImageEvents(get atc.Plan, check *atc.Plan) error {
	origin := event.Origin{ID: event.OriginID(d.images.planID)}
	now := d.images.clock.Now().Unix()

	if check != nil {
		shown := event.ImageCheck{Origin: origin, Time: now, PublicPlan: check.Public()}
		if err := d.images.build.SaveEvent(shown); err != nil {
			return fmt.Errorf("save the image check's event: %w", err)
		}
	}

	shown := event.ImageGet{Origin: origin, Time: now, PublicPlan: get.Public()}
	if err := d.images.build.SaveEvent(shown); err != nil {
		return fmt.Errorf("save the image get's event: %w", err)
	}
	return nil
}
