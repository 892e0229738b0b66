package engine

import (
	"errors"
	"time"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/event"
	"github.com/concourse/concourse/atc/runtime"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("FetchImage of an image that is left to the kubelet", func() {
	var f *fixture

	BeforeEach(func() { f = newFixture() })

	It("returns a reference by digest, no artifact, and the resource cache", func(ctx SpecContext) {
		image, cache, err := f.fetch(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(image).To(Equal(runtime.ImageSpec{ImageURL: "ghcr.io/a/b@" + digest}))
		Expect(cache).To(BeIdenticalTo(f.cache))
		Expect(f.upstream.FetchImageCallCount()).To(BeZero())
	})

	It("returns a privileged image where it is to be privileged", func(ctx SpecContext) {
		f.privileged = true
		Expect(f.fetched(ctx)).To(Equal(runtime.ImageSpec{ImageURL: "ghcr.io/a/b@" + digest, Privileged: true}))
	})

	It("hands on the image with its login, the vars of which are interpolated", func(ctx SpecContext) {
		f.get.Get.Source = atc.Source{"repository": "((repository))", "username": "some-user", "password": "((password))"}
		Expect(f.fetched(ctx).ImageURL).To(Equal("ghcr.io/a/b@" + digest))
		Expect(f.delegate.NativeImages()).To(ConsistOf(And(
			HaveField("Reference", "ghcr.io/a/b@"+digest),
			HaveField("Username", "some-user"),
			HaveField("Password", "some-secret"),
		)))
	})

	It("runs the check and not the get", func(ctx SpecContext) {
		f.fetched(ctx)
		Expect(f.ran).To(Equal([]atc.PlanID{"1/image-check"}))
	})

	DescribeTable("fails for a var that is missing, names it, and does nothing else",
		func(ctx SpecContext, set func(*atc.GetPlan)) {
			set(f.get.Get)
			Expect(f.fetchError(ctx)).To(MatchError(And(ContainSubstring("image image"), ContainSubstring("some-missing-var"))))
			Expect(f.ran).To(BeEmpty())
			Expect(f.events()).To(BeEmpty())
			Expect(f.upstream.FetchImageCallCount()).To(BeZero())
		},
		Entry("in the source", func(get *atc.GetPlan) { get.Source["tag"] = "((some-missing-var))" }),
		Entry("in the params", func(get *atc.GetPlan) { get.Params = atc.Params{"format": "((some-missing-var))"} }),
	)

	It("interpolates vars in the params", func(ctx SpecContext) {
		f.vars["format"] = "rootfs"
		f.get.Get.Params = atc.Params{"format": "((format))"}
		f.fetched(ctx)
		Expect(f.cachesMade()).To(ConsistOf(HaveField("Params", atc.Params{"format": "rootfs"})))
	})

	Describe("the resource cache", func() {
		It("is the one that a get would have made", func(ctx SpecContext) {
			f.get.Get.Source["username"] = "((repository))"
			f.fetched(ctx)
			Expect(f.cachesMade()).To(Equal([]cached{{
				User:    db.ForBuild(17),
				Type:    "registry-image",
				Version: atc.Version{"digest": digest},
				Source:  atc.Source{"repository": "ghcr.io/a/b", "username": "ghcr.io/a/b"},
			}}))
		})

		It("is used by the check build that has no row in the database yet", func(ctx SpecContext) {
			inMemory := db.ForInMemoryBuild(9, time.Unix(1000, 0))
			f.build.ResourceCacheUserReturns(inMemory)
			f.fetched(ctx)
			Expect(f.cachesMade()).To(ConsistOf(HaveField("User", inMemory)))
		})

		It("is saved as the version of an image of the build", func(ctx SpecContext) {
			f.fetched(ctx)
			Expect(f.build.SaveImageResourceVersionCallCount()).To(Equal(1))
			Expect(f.build.SaveImageResourceVersionArgsForCall(0)).To(BeIdenticalTo(f.cache))
		})
	})

	Describe("the get in the build log", func() {
		It("is shown as finished, with its version and what the kubelet pulls", func(ctx SpecContext) {
			f.fetched(ctx)
			Expect(f.eventTypes()).To(Equal([]atc.EventType{
				event.EventTypeInitializeGet, event.EventTypeStartGet, event.EventTypeLog, event.EventTypeFinishGet,
			}))
			events := f.events()
			Expect(events).To(HaveEach(HaveField("Origin.ID", event.OriginID("1/image-get"))))
			Expect(events[2]).To(HaveField("Payload", "the kubelet pulls ghcr.io/a/b@"+digest+"\n"))
			Expect(events[3]).To(And(
				HaveField("ExitStatus", 0),
				HaveField("FetchedVersion", atc.Version{"digest": digest}),
				HaveField("FetchedMetadata", ConsistOf(atc.MetadataField{Name: "image", Value: "ghcr.io/a/b@" + digest})),
			))
		})

		itEndsWithAnError := func(ctx SpecContext, what string) {
			GinkgoHelper()
			Expect(f.fetchError(ctx)).To(MatchError(And(ContainSubstring(what), ContainSubstring("nope"))))
			Expect(f.eventTypes()).To(Equal([]atc.EventType{event.EventTypeInitializeGet, event.EventTypeError}))
			Expect(f.events()[1]).To(And(
				HaveField("Origin.ID", event.OriginID("1/image-get")),
				HaveField("Message", And(ContainSubstring(what), ContainSubstring("nope"))),
			))
		}

		It("ends with an error when the resource cache can't be made", func(ctx SpecContext) {
			f.caches.FindOrCreateResourceCacheReturns(nil, errors.New("nope"))
			itEndsWithAnError(ctx, "resource cache of image image")
			Expect(f.build.SaveImageResourceVersionCallCount()).To(BeZero())
		})

		It("ends with an error when the version can't be saved", func(ctx SpecContext) {
			f.build.SaveImageResourceVersionReturns(errors.New("nope"))
			itEndsWithAnError(ctx, "save the version of image image")
		})

		It("ends with an error when the versions of the resource config can't be read", func(ctx SpecContext) {
			delete(f.versions, "1/image-check")
			f.scope.LatestVersionReturns(nil, false, errors.New("nope"))
			itEndsWithAnError(ctx, "version of image image")
		})
	})
})
