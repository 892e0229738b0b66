package engine

import (
	"context"
	"time"

	"code.cloudfoundry.org/lager/v3/lagerctx"
	"code.cloudfoundry.org/lager/v3/lagertest"
	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/db/dbfakes"
	"github.com/concourse/concourse/atc/exec"
	"github.com/concourse/concourse/atc/exec/execfakes"
	"github.com/concourse/concourse/atc/policy/policyfakes"
	"github.com/concourse/concourse/atc/runtime"
	"github.com/concourse/concourse/atc/worker"
	"github.com/concourse/concourse/vars"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

const (
	digest       = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	parentDigest = "sha256:fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
)

// fixture is a build step's delegate on fakes and an image that it can leave to
// a kubelet. A spec changes it before it calls fetch.
type fixture struct {
	mode  NativeImageFetchMode
	nodes registryimage.Nodes
	// vars has the secret "password".
	vars vars.StaticVariables
	// secrets are the values of vars that the build has read before.
	secrets map[string]any

	logins   *fakeLogins
	workers  *dbfakes.FakeWorkerFactory
	policies *policyfakes.FakeChecker
	verdict  *policyfakes.FakePolicyCheckResult
	caches   *dbfakes.FakeResourceCacheFactory
	cache    *dbfakes.FakeResourceCache
	configs  *dbfakes.FakeResourceConfigFactory
	scope    *dbfakes.FakeResourceConfigScope
	build    *dbfakes.FakeBuild

	upstream *execfakes.FakeBuildStepDelegate
	stderr   *gbytes.Buffer
	log      *lagertest.TestLogger

	// ran are the plans whose steps were run.
	ran []atc.PlanID
	// versions are what the check of a plan finds.
	versions map[atc.PlanID]atc.Version
	// checkFails and checkErr are how every check ends.
	checkFails bool
	checkErr   error

	get        atc.Plan
	check      *atc.Plan
	privileged bool
	// tags are those of the step.
	tags atc.Tags

	delegate *buildStepDelegate
}

func newFixture() *fixture {
	f := &fixture{
		mode:     NativeImageFetchAlways,
		vars:     vars.StaticVariables{"password": "some-secret", "repository": "ghcr.io/a/b"},
		logins:   new(fakeLogins),
		workers:  new(dbfakes.FakeWorkerFactory),
		policies: new(policyfakes.FakeChecker),
		verdict:  new(policyfakes.FakePolicyCheckResult),
		caches:   new(dbfakes.FakeResourceCacheFactory),
		cache:    new(dbfakes.FakeResourceCache),
		configs:  new(dbfakes.FakeResourceConfigFactory),
		scope:    new(dbfakes.FakeResourceConfigScope),
		build:    new(dbfakes.FakeBuild),
		upstream: new(execfakes.FakeBuildStepDelegate),
		stderr:   gbytes.NewBuffer(),
		log:      lagertest.NewTestLogger("test"),
		versions: map[atc.PlanID]atc.Version{"1/image-check": {"digest": digest}},
	}
	f.policies.CheckReturns(f.verdict, nil)
	f.cache.IDReturns(42)
	f.caches.FindOrCreateResourceCacheReturns(f.cache, nil)
	config := new(dbfakes.FakeResourceConfig)
	config.FindOrCreateScopeReturns(f.scope, nil)
	f.configs.FindOrCreateResourceConfigReturns(config, nil)
	f.build.ResourceCacheUserReturns(db.ForBuild(17))
	f.build.TeamNameReturns("some-team")
	f.build.PipelineNameReturns("some-pipeline")
	f.build.StartTimeReturns(time.Unix(1000, 0))
	f.upstream.StderrReturns(f.stderr)

	f.check = &atc.Plan{ID: "1/image-check", Check: &atc.CheckPlan{Name: "image", Type: "registry-image"}}
	f.get = atc.Plan{ID: "1/image-get", Get: &atc.GetPlan{
		Name:        "image",
		Type:        "registry-image",
		Source:      atc.Source{"repository": "ghcr.io/a/b"},
		TypeImage:   atc.TypeImage{BaseType: "registry-image"},
		VersionFrom: &f.check.ID,
	}}
	return f
}

// state runs the steps of the fixture.
func (f *fixture) state() exec.RunState {
	state := exec.NewRunState(func(plan atc.Plan) exec.Step {
		step := new(execfakes.FakeStep)
		step.RunStub = func(_ context.Context, state exec.RunState) (bool, error) {
			f.ran = append(f.ran, plan.ID)
			if version, found := f.versions[plan.ID]; found {
				state.StoreResult(plan.ID, version)
			}
			return !f.checkFails, f.checkErr
		}
		return step
	}, f.vars, true)
	for name, value := range f.secrets {
		state.AddLocalVar(name, value, true)
	}
	return state
}

func (f *fixture) factory() imageFetcherFactory {
	return imageFetcherFactory{
		mode:                  f.mode,
		nodes:                 f.nodes,
		logins:                f.logins,
		checks:                newImageChecks(),
		workers:               f.workers,
		policyChecker:         f.policies,
		resourceCacheFactory:  f.caches,
		resourceConfigFactory: f.configs,
	}
}

// fetch fetches the image with a new delegate of upstream's fake.
func (f *fixture) fetch(ctx context.Context) (runtime.ImageSpec, db.ResourceCache, error) {
	f.delegate = f.factory().newBuildStepDelegate(f.build, "1", worker.Spec{Tags: f.tags}, f.state(), f.upstream)
	return f.delegate.FetchImage(lagerctx.NewContext(ctx, f.log), f.get, f.check, f.privileged)
}

// fetched is fetch for specs that look at the image only.
func (f *fixture) fetched(ctx context.Context) runtime.ImageSpec {
	GinkgoHelper()
	image, _, err := f.fetch(ctx)
	Expect(err).NotTo(HaveOccurred())
	return image
}

// fetchError is fetch for specs that expect an error, and so no image.
func (f *fixture) fetchError(ctx context.Context) error {
	GinkgoHelper()
	image, cache, err := f.fetch(ctx)
	Expect(err).To(HaveOccurred())
	Expect(image).To(BeZero())
	Expect(cache).To(BeNil())
	return err
}

// pin takes the check away and puts the version into the plan.
func (f *fixture) pin(version atc.Version) {
	f.check, f.get.Get.VersionFrom = nil, nil
	f.get.Get.Version = &version
}

// fakeLogins is AWS.
type fakeLogins struct {
	registry, username, password string
	err                          error
	asked                        []registryimage.AWS
}

func (l *fakeLogins) ECR(_ context.Context, credentials registryimage.AWS) (registry, username, password string, err error) {
	l.asked = append(l.asked, credentials)
	return l.registry, l.username, l.password, l.err
}
