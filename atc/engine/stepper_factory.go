package engine

import (
	"github.com/concourse/concourse-kubernetes/atc/buildlog"
	"github.com/concourse/concourse-kubernetes/atc/ecr"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/db/lock"
	"github.com/concourse/concourse/atc/engine"
	"github.com/concourse/concourse/atc/exec"
	"github.com/concourse/concourse/atc/policy"
)

type stepperFactory struct {
	steps *StepFactory
	// upstreamFor returns upstream's factory with the given steps.
	upstreamFor func(engine.CoreStepFactory) engine.StepperFactory
	images      imageFetcherFactory
}

// NewStepperFactory returns upstream's engine.StepperFactory with steps whose
// images are fetched natively where the flags say so. Its parameters are those
// of upstream's constructor and the flags.
func NewStepperFactory(
	steps *StepFactory,
	externalURL string,
	rateLimiter engine.RateLimiter,
	policyChecker policy.Checker,
	workerFactory db.WorkerFactory,
	lockFactory lock.LockFactory,
	flags NativeImageFetchFlags,
) engine.StepperFactory {
	return &stepperFactory{
		steps: steps,
		upstreamFor: func(core engine.CoreStepFactory) engine.StepperFactory {
			return engine.NewStepperFactory(core, externalURL, rateLimiter, policyChecker, workerFactory, lockFactory)
		},
		images: imageFetcherFactory{
			mode:                  flags.Mode,
			nodes:                 flags.nodes(),
			logins:                aws{ecr.NewClient("")},
			checks:                newImageChecks(),
			workers:               workerFactory,
			policyChecker:         policyChecker,
			resourceCacheFactory:  steps.resourceCacheFactory,
			resourceConfigFactory: steps.resourceConfigFactory,
		},
	}
}

// StepperForBuild binds the steps to the build, which upstream's
// engine.DelegateFactory keeps to itself. The events of the steps wait for a
// database that is away.
func (f *stepperFactory) StepperForBuild(build db.Build) (exec.Stepper, error) {
	build = buildlog.Persistent(build)
	return f.upstreamFor(f.steps.forBuild(build, f.images)).StepperForBuild(build)
}
