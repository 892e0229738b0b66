package engine

import (
	"context"

	"github.com/concourse/concourse-kubernetes/atc/registryimage"
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
)

// fetchesImages is what the delegates of get, put and check steps share.
type fetchesImages interface {
	FetchImage(context.Context, atc.Plan, *atc.Plan, bool) (runtime.ImageSpec, db.ResourceCache, error)
	NativeImages() []registryimage.Image
}

var _ = Describe("the delegates of steps", func() {
	var (
		build  *dbfakes.FakeBuild
		caches *dbfakes.FakeResourceCacheFactory
		images *buildStepDelegate
		get    atc.Plan
	)

	BeforeEach(func() {
		build = new(dbfakes.FakeBuild)
		caches = new(dbfakes.FakeResourceCacheFactory)
		caches.FindOrCreateResourceCacheReturns(new(dbfakes.FakeResourceCache), nil)

		get = atc.Plan{ID: "1/image-get", Get: &atc.GetPlan{
			Name: "image", Type: "registry-image", Version: &atc.Version{"digest": digest},
			Source: atc.Source{"repository": "ghcr.io/a/b", "username": "some-user", "password": "some-secret"},
		}}
		never := func(atc.Plan) exec.Step { panic("no step was to run") }
		images = imageFetcherFactory{
			mode: NativeImageFetchAlways, policyChecker: new(policyfakes.FakeChecker), resourceCacheFactory: caches,
		}.newBuildStepDelegate(build, "1", nil, exec.NewRunState(never, vars.StaticVariables{}, false), new(execfakes.FakeBuildStepDelegate))
	})

	DescribeTable("fetch images natively and hand on the login",
		func(ctx SpecContext, delegate func() fetchesImages) {
			image, _, err := delegate().FetchImage(ctx, get, nil, false)
			Expect(err).NotTo(HaveOccurred())
			Expect(image.ImageURL).To(Equal("ghcr.io/a/b@" + digest))

			Expect(delegate().NativeImages()).To(ConsistOf(And(HaveField("Username", "some-user"), HaveField("Password", "some-secret"))))
		},
		Entry("get", func() fetchesImages { return &getDelegate{images, upstreamGet{new(execfakes.FakeGetDelegate)}} }),
		Entry("put", func() fetchesImages { return &putDelegate{images, upstreamPut{new(execfakes.FakePutDelegate)}} }),
		Entry("check", func() fetchesImages { return &checkDelegate{images, upstreamCheck{new(execfakes.FakeCheckDelegate)}} }),
	)

	Describe("a task's", func() {
		var upstream *execfakes.FakeTaskDelegate

		fetch := func(ctx context.Context, version atc.Version) (runtime.ImageSpec, error) {
			image := atc.ImageResource{Type: "registry-image", Source: get.Get.Source, Version: version}
			return newTaskDelegate(upstream, images).FetchImage(ctx, image, nil, true, nil, false)
		}

		BeforeEach(func() { upstream = new(execfakes.FakeTaskDelegate) })

		It("shows the image's get, which is pinned, and no check", func(ctx SpecContext) {
			image, err := fetch(ctx, atc.Version{"digest": digest})
			Expect(err).NotTo(HaveOccurred())
			Expect(image).To(Equal(runtime.ImageSpec{ImageURL: "ghcr.io/a/b@" + digest, Privileged: true}))
			Expect(build.SaveEventArgsForCall(0)).To(And(BeAssignableToTypeOf(event.ImageGet{}), HaveField("Origin.ID", event.OriginID("1"))))
			Expect(build.SaveEventArgsForCall(1)).To(BeAssignableToTypeOf(event.InitializeGet{}))
		})

		It("shows the image's check first, where there is one", func(ctx SpecContext) {
			images.state = exec.NewRunState(func(plan atc.Plan) exec.Step {
				step := new(execfakes.FakeStep)
				step.RunStub = func(_ context.Context, state exec.RunState) (bool, error) {
					state.StoreResult(plan.ID, atc.Version{"digest": digest})
					return true, nil
				}
				return step
			}, vars.StaticVariables{}, false)

			_, err := fetch(ctx, nil)
			Expect(err).NotTo(HaveOccurred())
			Expect(build.SaveEventArgsForCall(0)).To(And(BeAssignableToTypeOf(event.ImageCheck{}), HaveField("Origin.ID", event.OriginID("1"))))
			Expect(build.SaveEventArgsForCall(1)).To(BeAssignableToTypeOf(event.ImageGet{}))
		})

		It("is upstream's when the flag is off", func(ctx SpecContext) {
			images.nativeImageFetch = false
			_, err := fetch(ctx, nil)
			Expect(err).NotTo(HaveOccurred())
			Expect(upstream.FetchImageCallCount()).To(Equal(1))
			Expect(build.SaveEventCallCount()).To(BeZero())
		})

		It("is upstream's when a kubelet can't do what the source asks", func(ctx SpecContext) {
			get.Get.Source["insecure"] = true
			images.upstream.(*execfakes.FakeBuildStepDelegate).StderrReturns(GinkgoWriter)
			_, err := fetch(ctx, nil)
			Expect(err).NotTo(HaveOccurred())
			Expect(upstream.FetchImageCallCount()).To(Equal(1))
			Expect(build.SaveEventCallCount()).To(BeZero())
		})
	})
})
