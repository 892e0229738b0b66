package engine

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/db/dbfakes"
	"github.com/concourse/concourse/atc/event"
	"github.com/concourse/concourse/atc/exec"
	"github.com/concourse/concourse/atc/exec/execfakes"
	"github.com/concourse/concourse/atc/policy/policyfakes"
	"github.com/concourse/concourse/atc/runtime"
	"github.com/concourse/concourse/vars"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

var _ = Describe("buildStepDelegate.FetchImage", func() {
	var (
		ctx      context.Context
		mode     NativeImageFetchMode
		workers  *dbfakes.FakeWorkerFactory
		policies *policyfakes.FakeChecker
		verdict  *policyfakes.FakePolicyCheckResult
		caches   *dbfakes.FakeResourceCacheFactory
		configs  *dbfakes.FakeResourceConfigFactory
		scope    *dbfakes.FakeResourceConfigScope
		build    *dbfakes.FakeBuild
		state    exec.RunState
		upstream *execfakes.FakeBuildStepDelegate
		stderr   *gbytes.Buffer

		checked    atc.Version
		checkFails bool
		checkErr   error
		ran        []atc.PlanID

		cache      db.ResourceCache
		getPlan    atc.Plan
		checkPlan  *atc.Plan
		privileged bool

		delegate     *buildStepDelegate
		image        runtime.ImageSpec
		fetchedCache db.ResourceCache
		fetchErr     error
	)

	events := func() []atc.EventType {
		var types []atc.EventType
		for i := range build.SaveEventCallCount() {
			types = append(types, build.SaveEventArgsForCall(i).EventType())
		}
		return types
	}

	BeforeEach(func() {
		ctx = context.Background()
		mode = NativeImageFetchAlways
		workers = new(dbfakes.FakeWorkerFactory)
		policies = new(policyfakes.FakeChecker)
		verdict = new(policyfakes.FakePolicyCheckResult)
		policies.CheckReturns(verdict, nil)
		caches = new(dbfakes.FakeResourceCacheFactory)
		fake := new(dbfakes.FakeResourceCache)
		fake.IDReturns(42)
		cache = fake
		caches.FindOrCreateResourceCacheReturns(cache, nil)
		configs = new(dbfakes.FakeResourceConfigFactory)
		config := new(dbfakes.FakeResourceConfig)
		configs.FindOrCreateResourceConfigReturns(config, nil)
		scope = new(dbfakes.FakeResourceConfigScope)
		config.FindOrCreateScopeReturns(scope, nil)
		build = new(dbfakes.FakeBuild)
		build.ResourceCacheUserReturns(db.ForBuild(17))
		build.TeamNameReturns("some-team")
		build.PipelineNameReturns("some-pipeline")
		upstream = new(execfakes.FakeBuildStepDelegate)
		stderr = gbytes.NewBuffer()
		upstream.StderrReturns(stderr)

		checked, checkFails, checkErr, ran = atc.Version{"digest": digest}, false, nil, nil
		stepper := func(plan atc.Plan) exec.Step {
			step := new(execfakes.FakeStep)
			step.RunStub = func(_ context.Context, state exec.RunState) (bool, error) {
				ran = append(ran, plan.ID)
				if checked != nil {
					state.StoreResult(plan.ID, checked)
				}
				return !checkFails, checkErr
			}
			return step
		}
		state = exec.NewRunState(stepper, vars.StaticVariables{"password": "some-secret", "repository": "ghcr.io/a/b"}, true)

		checkPlan = &atc.Plan{ID: "1/image-check", Check: &atc.CheckPlan{Name: "image", Type: "registry-image"}}
		getPlan = atc.Plan{ID: "1/image-get", Get: &atc.GetPlan{
			Name:        "image",
			Type:        "registry-image",
			Source:      atc.Source{"repository": "((repository))"},
			TypeImage:   atc.TypeImage{BaseType: "registry-image"},
			VersionFrom: &checkPlan.ID,
		}}
		privileged = false
	})

	JustBeforeEach(func() {
		delegate = imageFetcherFactory{
			mode: mode, workers: workers, policyChecker: policies,
			resourceCacheFactory: caches, resourceConfigFactory: configs,
		}.newBuildStepDelegate(build, "1", nil, state, upstream)
		image, fetchedCache, fetchErr = delegate.FetchImage(ctx, getPlan, checkPlan, privileged)
	})

	itIsUpstreams := func() {
		GinkgoHelper()
		It("does what upstream does, and nothing else", func() {
			Expect(upstream.FetchImageCallCount()).To(Equal(1))
			_, get, check, isPrivileged := upstream.FetchImageArgsForCall(0)
			Expect(get).To(Equal(getPlan))
			Expect(check).To(Equal(checkPlan))
			Expect(isPrivileged).To(Equal(privileged))
			Expect(ran).To(BeEmpty())
			Expect(events()).To(BeEmpty())
			Expect(build.SaveImageResourceVersionCallCount()).To(BeZero())
		})
	}

	It("returns a reference by digest, no artifact, and the resource cache", func() {
		Expect(fetchErr).NotTo(HaveOccurred())
		Expect(image).To(Equal(runtime.ImageSpec{ImageURL: "ghcr.io/a/b@" + digest}))
		Expect(fetchedCache).To(Equal(cache))
		Expect(upstream.FetchImageCallCount()).To(BeZero())
	})

	It("runs the check and not the get", func() {
		Expect(ran).To(Equal([]atc.PlanID{"1/image-check"}))
	})

	It("makes the cache for the build from the interpolated source, and saves the version", func() {
		user, typeName, version, source, _, parent := caches.FindOrCreateResourceCacheArgsForCall(0)
		Expect(user).To(Equal(db.ForBuild(17)))
		Expect(typeName).To(Equal("registry-image"))
		Expect(version).To(Equal(atc.Version{"digest": digest}))
		Expect(source).To(Equal(atc.Source{"repository": "ghcr.io/a/b"}))
		Expect(parent).To(BeNil())
		Expect(build.SaveImageResourceVersionArgsForCall(0)).To(Equal(cache))
	})

	It("shows the get as finished, with its version and what the kubelet pulls", func() {
		Expect(events()).To(Equal([]atc.EventType{
			event.EventTypeInitializeGet, event.EventTypeStartGet, event.EventTypeLog, event.EventTypeFinishGet,
		}))
		Expect(build.SaveEventArgsForCall(2)).To(HaveField("Payload", ContainSubstring("the kubelet pulls ((redacted))@"+digest)))
		Expect(build.SaveEventArgsForCall(3)).To(And(
			HaveField("Origin.ID", event.OriginID("1/image-get")),
			HaveField("FetchedVersion", atc.Version{"digest": digest}),
		))
	})

	Context("when the image is privileged", func() {
		BeforeEach(func() { privileged = true })
		It("says so", func() { Expect(image.Privileged).To(BeTrue()) })
	})

	Context("when the flag is off", func() {
		BeforeEach(func() { mode = NativeImageFetchNever })
		itIsUpstreams()
	})

	Context("when the image is of another type", func() {
		BeforeEach(func() { getPlan.Get.Type = "docker-image" })
		itIsUpstreams()
	})

	Context("when a kubelet can't do what the source asks", func() {
		BeforeEach(func() { getPlan.Get.Source["insecure"] = true })
		itIsUpstreams()
		It("says why in the build log", func() { Expect(stderr).To(gbytes.Say("not pulled by the kubelet: insecure")) })
	})

	Context("when the source has a login", func() {
		BeforeEach(func() {
			getPlan.Get.Source["username"] = "some-user"
			getPlan.Get.Source["password"] = "((password))"
		})

		It("hands it on, and shows it in no event and no reference", func() {
			Expect(delegate.NativeImages()).To(ConsistOf(And(HaveField("Username", "some-user"), HaveField("Password", "some-secret"))))
			Expect(image.ImageURL).NotTo(ContainSubstring("some-secret"))
			for i := range build.SaveEventCallCount() {
				Expect(json.Marshal(build.SaveEventArgsForCall(i))).NotTo(ContainSubstring("some-secret"))
			}
		})
	})

	Context("when a var of the source is missing", func() {
		BeforeEach(func() { getPlan.Get.Source["tag"] = "((missing))" })
		It("fails and names it", func() { Expect(fetchErr).To(MatchError(ContainSubstring("missing"))) })
	})

	Context("when the check fails", func() {
		BeforeEach(func() { checkFails = true })
		It("fails", func() { Expect(fetchErr).To(MatchError(ContainSubstring("check of image image failed"))) })
	})

	Context("when the check errors or is aborted", func() {
		BeforeEach(func() { checkErr = context.Canceled })
		It("returns the error as it is", func() { Expect(errors.Is(fetchErr, context.Canceled)).To(BeTrue()) })
	})

	Context("when the version is pinned in the plan", func() {
		BeforeEach(func() {
			getPlan.Get.VersionFrom, checkPlan = nil, nil
			getPlan.Get.Version = &atc.Version{"tag": "1.2", "digest": digest}
		})
		It("takes it without a check", func() {
			Expect(image.ImageURL).To(Equal("ghcr.io/a/b@" + digest))
			Expect(ran).To(BeEmpty())
		})
	})

	Context("when the check finds no version", func() {
		BeforeEach(func() { checked = nil })

		Context("and the resource config scope has one", func() {
			BeforeEach(func() {
				latest := new(dbfakes.FakeResourceConfigVersion)
				latest.VersionReturns(db.Version{"digest": digest})
				scope.LatestVersionReturns(latest, true, nil)
			})
			It("takes that one", func() { Expect(image.ImageURL).To(Equal("ghcr.io/a/b@" + digest)) })
		})

		Context("and neither has the scope", func() {
			It("takes the tag and says that the image is not pinned", func() {
				Expect(image.ImageURL).To(Equal("ghcr.io/a/b:latest"))
				Expect(build.SaveEventArgsForCall(3)).To(HaveField("Payload", ContainSubstring("not pinned")))
			})
		})
	})

	Context("when params ask for another platform", func() {
		BeforeEach(func() { getPlan.Get.Params = atc.Params{"platform": map[string]any{"architecture": "arm64"}} })
		itIsUpstreams()
		It("says why in the build log", func() { Expect(stderr).To(gbytes.Say("not pulled by the kubelet: platform")) })
	})

	Context("when the version can't be saved", func() {
		BeforeEach(func() { build.SaveImageResourceVersionReturns(errors.New("nope")) })
		It("ends the get that is shown with the error", func() {
			Expect(events()).To(ContainElement(event.EventTypeError))
			Expect(events()).NotTo(ContainElement(event.EventTypeFinishGet))
		})
		It("fails", func() { Expect(fetchErr).To(MatchError(ContainSubstring("nope"))) })
	})

	Describe("the image policy", func() {
		BeforeEach(func() {
			policies.ShouldCheckActionReturns(true)
			getPlan.Get.Source["password"] = "((password))"
		})

		Context("when it allows", func() {
			BeforeEach(func() { verdict.AllowedReturns(true) })
			It("was asked about the image without the secret", func() {
				Expect(fetchErr).NotTo(HaveOccurred())
				input := policies.CheckArgsForCall(0)
				Expect(input.Team).To(Equal("some-team"))
				Expect(input.Pipeline).To(Equal("some-pipeline"))
				Expect(input.Data).To(HaveKeyWithValue("image_type", "registry-image"))
				Expect(input.Data).To(HaveKeyWithValue("image_source", HaveKeyWithValue("password", Not(Equal("some-secret")))))
			})
		})

		Context("when it denies", func() {
			BeforeEach(func() {
				verdict.MessagesReturns([]string{"not this one"})
				verdict.ShouldBlockReturns(true)
			})
			It("fails before the check", func() {
				Expect(fetchErr).To(MatchError(ContainSubstring("not this one")))
				Expect(ran).To(BeEmpty())
			})
		})

		Context("when it denies softly", func() {
			BeforeEach(func() { verdict.MessagesReturns([]string{"not this one"}) })
			It("warns and goes on", func() {
				Expect(fetchErr).NotTo(HaveOccurred())
				Expect(stderr).To(gbytes.Say("not this one"))
			})
		})
	})

	Describe("mode auto", func() {
		worker := func(image string, tags ...string) *dbfakes.FakeWorker {
			fake := new(dbfakes.FakeWorker)
			fake.StateReturns(db.WorkerStateRunning)
			fake.ResourceTypesReturns([]atc.WorkerResourceType{{Type: "mock", Image: image}})
			fake.TagsReturns(tags)
			fake.PlatformReturns("linux")
			return fake
		}
		kubernetes, containerd := "docker:///mock", "/usr/local/mock/rootfs.tgz"

		BeforeEach(func() { mode = NativeImageFetchAuto })

		Context("with only Kubernetes workers", func() {
			BeforeEach(func() { workers.VisibleWorkersReturns([]db.Worker{worker(kubernetes), worker(kubernetes)}, nil) })
			It("is native", func() { Expect(image.ImageURL).NotTo(BeEmpty()) })
		})

		Context("with another worker that could take the step", func() {
			BeforeEach(func() { workers.VisibleWorkersReturns([]db.Worker{worker(kubernetes), worker(containerd)}, nil) })
			itIsUpstreams()
		})

		Context("with another worker whose tags keep the step away", func() {
			BeforeEach(func() {
				workers.VisibleWorkersReturns([]db.Worker{worker(kubernetes), worker(containerd, "gpu")}, nil)
			})
			It("is native", func() { Expect(image.ImageURL).NotTo(BeEmpty()) })
		})

		Context("with another worker that is not running", func() {
			BeforeEach(func() {
				landing := worker(containerd)
				landing.StateReturns(db.WorkerStateLanding)
				workers.VisibleWorkersReturns([]db.Worker{worker(kubernetes), landing}, nil)
			})
			It("is native", func() { Expect(image.ImageURL).NotTo(BeEmpty()) })
		})

		Context("with a worker of another platform", func() {
			BeforeEach(func() {
				darwin := worker(containerd)
				darwin.PlatformReturns("darwin")
				workers.VisibleWorkersReturns([]db.Worker{worker(kubernetes), darwin}, nil)
			})
			It("is native", func() { Expect(image.ImageURL).NotTo(BeEmpty()) })
		})

		Context("when the only worker is stalled", func() {
			BeforeEach(func() {
				stalled := worker(kubernetes)
				stalled.StateReturns(db.WorkerStateStalled)
				workers.VisibleWorkersReturns([]db.Worker{stalled}, nil)
			})
			It("is native, as the step is going to wait for it", func() { Expect(image.ImageURL).NotTo(BeEmpty()) })
		})

		Context("when the team has a worker of its own", func() {
			BeforeEach(func() {
				own := worker(kubernetes)
				own.TeamIDReturns(7)
				workers.VisibleWorkersReturns([]db.Worker{own, worker(containerd)}, nil)
			})
			It("passes over the shared ones", func() { Expect(image.ImageURL).NotTo(BeEmpty()) })
		})

		Context("when the workers can't be listed", func() {
			BeforeEach(func() { workers.VisibleWorkersReturns(nil, errors.New("nope")) })
			It("fails", func() { Expect(fetchErr).To(MatchError(ContainSubstring("nope"))) })
		})
	})
})
