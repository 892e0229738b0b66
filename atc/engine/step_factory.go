package engine

import (
	"crypto/sha1"
	"encoding/hex"
	"path"
	"time"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/db/lock"
	"github.com/concourse/concourse/atc/engine"
	"github.com/concourse/concourse/atc/exec"
	"github.com/concourse/concourse/atc/resource"
	"github.com/concourse/concourse/atc/worker"
)

// StepFactory makes the steps that fetch images. Every other step is made by
// the upstream factory that it embeds.
type StepFactory struct {
	engine.CoreStepFactory

	pool                  worker.Pool
	streamer              worker.Streamer
	lockFactory           lock.LockFactory
	resourceCacheFactory  db.ResourceCacheFactory
	resourceConfigFactory db.ResourceConfigFactory
	taskLimits            atc.ContainerLimits
	placement             placement
	timeouts              timeouts
}

type placement struct{ withInputs, withoutInputs, resourceCheck worker.PlacementStrategy }

type timeouts struct{ check, get, put, task time.Duration }

// NewCoreStepFactory takes the parameters of upstream's constructor of that name.
func NewCoreStepFactory(
	pool worker.Pool, streamer worker.Streamer,
	lockFactory lock.LockFactory, teamFactory db.TeamFactory, buildFactory db.BuildFactory,
	resourceCacheFactory db.ResourceCacheFactory, resourceConfigFactory db.ResourceConfigFactory,
	taskLimits atc.ContainerLimits,
	withInputs, withoutInputs, resourceCheck worker.PlacementStrategy,
	checkTimeout, getTimeout, putTimeout, taskTimeout time.Duration,
) *StepFactory {
	return &StepFactory{
		CoreStepFactory: engine.NewCoreStepFactory(
			pool, streamer, lockFactory, teamFactory, buildFactory, resourceCacheFactory, resourceConfigFactory,
			taskLimits, withInputs, withoutInputs, resourceCheck, checkTimeout, getTimeout, putTimeout, taskTimeout,
		),
		pool:                  pool,
		streamer:              streamer,
		lockFactory:           lockFactory,
		resourceCacheFactory:  resourceCacheFactory,
		resourceConfigFactory: resourceConfigFactory,
		taskLimits:            taskLimits,
		placement:             placement{withInputs, withoutInputs, resourceCheck},
		timeouts:              timeouts{checkTimeout, getTimeout, putTimeout, taskTimeout},
	}
}

func (f *StepFactory) forBuild(build db.Build, images imageFetcherFactory) engine.CoreStepFactory {
	return &buildStepFactory{StepFactory: f, build: build, images: images}
}

type buildStepFactory struct {
	*StepFactory
	build  db.Build
	images imageFetcherFactory
}

// delegates are those of a step that asks for a worker with these tags and, for
// the scripts of a resource, with the base type that its type comes from.
func (f *buildStepFactory) delegates(upstream engine.DelegateFactory, plan atc.Plan, tags atc.Tags, baseType string) delegateFactory {
	return delegateFactory{
		DelegateFactory: upstream,
		build:           f.build,
		plan:            plan,
		placement:       worker.Spec{TeamID: f.build.TeamID(), Tags: tags, ResourceType: baseType},
		images:          f.images,
		logs:            new(openLogs),
	}
}

// upstreamsTimeout is the default timeout of upstream's own steps: none. Ours is
// that of timedStep.
const upstreamsTimeout = 0

// logged ends the step's log, reports the errors of the step and of its timeout and,
// where the operator enabled it, runs the step again when its worker disappears, as
// upstream does for every step.
func logged(step exec.Step, timeout *time.Duration, delegates delegateFactory) exec.Step {
	upstream := delegates.DelegateFactory
	step = exec.LogError(flushedStep{timedStep{step, timeout}, delegates.logs}, upstream)
	if !atc.EnableBuildRerunWhenWorkerDisappears {
		return step
	}
	return exec.RetryError(step, upstream)
}

func (f *buildStepFactory) GetStep(plan atc.Plan, step exec.StepMetadata, container db.ContainerMetadata, upstream engine.DelegateFactory) exec.Step {
	container.WorkingDirectory = resource.ResourcesDir("get")
	delegates := f.delegates(upstream, plan, plan.Get.Tags, plan.Get.TypeImage.BaseType)
	get := *plan.Get
	timeout := takeTimeout(&get.Timeout, f.timeouts.get)

	return logged(exec.NewGetStep(plan.ID, get, step, container, f.lockFactory, f.resourceCacheFactory,
		f.placement.withoutInputs, delegates, f.pool, upstreamsTimeout), timeout, delegates)
}

func (f *buildStepFactory) PutStep(plan atc.Plan, step exec.StepMetadata, container db.ContainerMetadata, upstream engine.DelegateFactory) exec.Step {
	container.WorkingDirectory = resource.ResourcesDir("put")
	delegates := f.delegates(upstream, plan, plan.Put.Tags, plan.Put.TypeImage.BaseType)
	put := *plan.Put
	timeout := takeTimeout(&put.Timeout, f.timeouts.put)

	return logged(exec.NewPutStep(plan.ID, put, step, container,
		f.placement.withInputs, f.pool, delegates, upstreamsTimeout), timeout, delegates)
}

func (f *buildStepFactory) CheckStep(plan atc.Plan, step exec.StepMetadata, container db.ContainerMetadata, upstream engine.DelegateFactory) exec.Step {
	container.WorkingDirectory = resource.ResourcesDir("check")
	delegates := f.delegates(upstream, plan, plan.Check.Tags, plan.Check.TypeImage.BaseType)
	check := *plan.Check
	timeout := takeTimeout(&check.Timeout, f.timeouts.check)

	return logged(exec.NewCheckStep(plan.ID, check, step, f.resourceConfigFactory, container,
		f.placement.withoutInputs, f.placement.resourceCheck, f.pool, delegates, upstreamsTimeout), timeout, delegates)
}

func (f *buildStepFactory) TaskStep(plan atc.Plan, step exec.StepMetadata, container db.ContainerMetadata, upstream engine.DelegateFactory) exec.Step {
	container.WorkingDirectory = taskDir(plan.Task.Name)
	delegates := f.delegates(upstream, plan, plan.Task.Tags, "")
	task := *plan.Task
	timeout := takeTimeout(&task.Timeout, f.timeouts.task)

	return logged(exec.NewTaskStep(plan.ID, task, f.taskLimits, step, container,
		f.placement.withInputs, f.pool, f.streamer, delegates, upstreamsTimeout), timeout, delegates)
}

// taskDir is the folder that upstream's coreStepFactory.TaskStep gives a task
// of that name; task caches and scripts rely on it.
func taskDir(name string) string {
	sum := sha1.Sum([]byte(name))
	return path.Join("/tmp/build", hex.EncodeToString(sum[:4]))
}
