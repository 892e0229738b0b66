package engine

import (
	"context"
	"time"

	"code.cloudfoundry.org/clock/fakeclock"
	"code.cloudfoundry.org/lager/v3/lagerctx"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/engine"
	"github.com/concourse/concourse/atc/exec"
	"github.com/concourse/concourse/atc/exec/execfakes"
	"github.com/concourse/concourse/atc/runtime"
	"github.com/concourse/concourse/atc/runtime/runtimetest"
	"github.com/concourse/concourse/atc/worker"
	. "github.com/onsi/ginkgo/v2"
)

// overUpstream is the fixture's delegate with upstream's own, in place of a
// fake, beneath it, and with steps that get an image as upstream's do.
type overUpstream struct {
	*fixture
	clock  *fakeclock.FakeClock
	volume *runtimetest.Volume
	// getFails, getErr, withoutResult and withoutArtifact are how the get ends.
	getFails, withoutResult, withoutArtifact bool
	getErr                                   error
	plans                                    []atc.Plan
}

func newOverUpstream() *overUpstream {
	return &overUpstream{
		fixture: newFixture(),
		clock:   fakeclock.NewFakeClock(time.Unix(2000, 0)),
		volume:  runtimetest.NewVolume("image"),
	}
}

func (o *overUpstream) state() exec.RunState {
	state := exec.NewRunState(func(plan atc.Plan) exec.Step {
		step := new(execfakes.FakeStep)
		step.RunStub = func(_ context.Context, state exec.RunState) (bool, error) {
			o.plans = append(o.plans, plan)
			if plan.Get == nil {
				return !o.checkFails, o.checkErr
			}
			if !o.withoutArtifact {
				state.ArtifactRepository().RegisterArtifact("image", o.volume, false)
			}
			if !o.withoutResult {
				state.StoreResult(plan.ID, exec.GetResult{Name: "image", ResourceCache: o.cache})
			}
			return !o.getFails, o.getErr
		}
		return step
	}, o.vars, true)
	for name, value := range o.secrets {
		state.AddLocalVar(name, value, true)
	}
	return state
}

func (o *overUpstream) buildStepDelegate() *buildStepDelegate {
	state := o.state()
	return o.factory().newBuildStepDelegate(o.build, "1", worker.Spec{}, state,
		engine.NewBuildStepDelegate(o.build, "1", state, o.clock, o.policies))
}

func (o *overUpstream) fetchTaskImage(ctx context.Context, image atc.ImageResource, types atc.ResourceTypes, tags atc.Tags) (runtime.ImageSpec, error) {
	upstreams := engine.NewTaskDelegate(o.build, "1", o.state(), o.clock, o.policies, o.workers, nil)
	delegate := newTaskDelegate(upstreams, o.buildStepDelegate())
	return delegate.FetchImage(lagerctx.NewContext(ctx, o.log), image, types, o.privileged, tags, false)
}

// physicalImages are those for which our delegates have to be upstream's.
var physicalImages = []TableEntry{
	Entry("with the flag off", func(f *fixture) { f.mode = NativeImageFetchNever }),
	Entry("with the flag on, of another type", func(f *fixture) { f.get.Get.Type = "docker-image" }),
}
