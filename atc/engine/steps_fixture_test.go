package engine

import (
	"context"
	"errors"
	"time"

	"code.cloudfoundry.org/lager/v3"
	"code.cloudfoundry.org/lager/v3/lagerctx"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/db/dbfakes"
	"github.com/concourse/concourse/atc/db/lock/lockfakes"
	"github.com/concourse/concourse/atc/engine"
	"github.com/concourse/concourse/atc/exec"
	"github.com/concourse/concourse/atc/runtime"
	"github.com/concourse/concourse/atc/runtime/runtimetest"
	"github.com/concourse/concourse/atc/worker"
	"github.com/concourse/concourse/tracing"
	"github.com/cppforlife/go-semi-semantic/version"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// errNoContainer ends every step that gets as far as its container.
var errNoContainer = errors.New("no container in a unit spec")

// steps are the real steps of a build, with the fixture beneath them. The
// database knows the version of every registry-image; other types were never
// checked.
type steps struct {
	*fixture
	pool  worker.Pool
	locks *lockfakes.FakeLockFactory
	// asked are the containers that steps asked a worker for.
	asked []container
	// defaultTimeout is that of every step.
	defaultTimeout time.Duration
	// creating is what a worker does for a container. By default it has none.
	creating func(context.Context) error
}

type container struct {
	Metadata db.ContainerMetadata
	Spec     runtime.ContainerSpec
	Delegate runtime.BuildStepDelegate
}

func newSteps() *steps {
	s := &steps{fixture: newFixture(), locks: new(lockfakes.FakeLockFactory), defaultTimeout: time.Hour}
	s.creating = func(context.Context) error { return errNoContainer }
	s.locks.AcquireReturns(new(lockfakes.FakeLock), true, nil)
	s.build.SchemaReturns("exec.v2")
	s.build.PipelineReturns(new(dbfakes.FakePipeline), true, nil)
	s.build.TracingAttrsStub = func() tracing.Attrs { return tracing.Attrs{} }

	number := "1.2"
	one := kubernetesWorker(func(fake *dbfakes.FakeWorker) { fake.VersionReturns(&number) })
	s.workers.WorkersReturns([]db.Worker{one}, nil)
	s.pool = worker.NewPool(s, worker.DB{WorkerFactory: s.workers}, version.MustNewVersionFromString(number))

	latest := new(dbfakes.FakeResourceConfigVersion)
	latest.VersionReturns(db.Version{"digest": digest})
	s.scope.LatestVersionReturns(latest, true, nil)
	s.scope.LastCheckReturns(db.LastCheck{Succeeded: true, EndTime: s.build.StartTime().Add(time.Second)}, nil)
	s.configs.FindOrCreateResourceConfigStub = func(typeName string, _ atc.Source, _ db.ResourceCache) (db.ResourceConfig, error) {
		config := new(dbfakes.FakeResourceConfig)
		config.OriginBaseResourceTypeReturns(&db.UsedBaseResourceType{})
		config.FindOrCreateScopeReturns(new(dbfakes.FakeResourceConfigScope), nil)
		if typeName == registryImageType {
			config.FindOrCreateScopeReturns(s.scope, nil)
		}
		return config, nil
	}
	return s
}

// NewWorker makes the worker that notes which containers it is asked for.
func (s *steps) NewWorker(_ lager.Logger, dbWorker db.Worker) runtime.Worker {
	return askedWorker{runtimetest.NewWorker(dbWorker.Name()), s}
}

type askedWorker struct {
	*runtimetest.Worker
	steps *steps
}

func (w askedWorker) FindOrCreateContainer(ctx context.Context, _ db.ContainerOwner, metadata db.ContainerMetadata, spec runtime.ContainerSpec, delegate runtime.BuildStepDelegate) (runtime.Container, []runtime.VolumeMount, error) {
	w.steps.asked = append(w.steps.asked, container{metadata, spec, delegate})
	return nil, nil, w.steps.creating(ctx)
}

func (s *steps) ours() exec.Stepper {
	core := NewCoreStepFactory(s.pool, worker.Streamer{}, s.locks, nil, nil, s.caches, s.configs,
		atc.ContainerLimits{}, nil, nil, nil, s.defaultTimeout, s.defaultTimeout, s.defaultTimeout, s.defaultTimeout)
	return s.stepper(NewStepperFactory(core, "https://ci.example", nil, s.policies, s.workers, s.locks, NativeImageFetchFlags{Mode: s.mode}))
}

func (s *steps) upstreams() exec.Stepper {
	core := engine.NewCoreStepFactory(s.pool, worker.Streamer{}, s.locks, nil, nil, s.caches, s.configs,
		atc.ContainerLimits{}, nil, nil, nil, s.defaultTimeout, s.defaultTimeout, s.defaultTimeout, s.defaultTimeout)
	return s.stepper(engine.NewStepperFactory(core, "https://ci.example", nil, s.policies, s.workers, s.locks))
}

func (s *steps) stepper(factory engine.StepperFactory) exec.Stepper {
	GinkgoHelper()
	stepper, err := factory.StepperForBuild(s.build)
	Expect(err).NotTo(HaveOccurred())
	return stepper
}

// container runs the step of a plan and returns the only container that it asks for.
func (s *steps) container(ctx context.Context, stepper exec.Stepper, plan atc.Plan) container {
	GinkgoHelper()
	s.asked = nil
	_, err := exec.NewRunState(stepper, s.vars, true).Run(lagerctx.NewContext(ctx, s.log), plan)
	Expect(err).To(MatchError(errNoContainer))
	Expect(s.asked).To(HaveLen(1))
	return s.asked[0]
}
