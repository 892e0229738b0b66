package engine

import (
	"context"
	"errors"
	"time"

	"code.cloudfoundry.org/clock/fakeclock"
	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/event"
	"github.com/concourse/concourse/atc/exec/execfakes"
	"github.com/concourse/concourse/atc/runtime"
	"github.com/concourse/concourse/atc/worker"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the image_resource of a task", func() {
	var (
		f        *fixture
		upstream *execfakes.FakeTaskDelegate
		image    atc.ImageResource
		types    atc.ResourceTypes
		delegate *taskDelegate
	)

	BeforeEach(func() {
		f = newFixture()
		upstream = new(execfakes.FakeTaskDelegate)
		image = atc.ImageResource{Type: "registry-image", Source: f.get.Get.Source}
		types = nil
	})

	fetch := func(ctx context.Context) (runtime.ImageSpec, error) {
		images := f.factory().newBuildStepDelegate(f.build, "1", worker.Spec{Tags: atc.Tags{"some-tag"}}, f.state(), f.upstream)
		images.clock = fakeclock.NewFakeClock(time.Unix(2000, 0))
		delegate = newTaskDelegate(upstream, images)
		return delegate.FetchImage(ctx, image, types, f.privileged, atc.Tags{"some-tag"}, true)
	}

	fetched := func(ctx context.Context) runtime.ImageSpec {
		GinkgoHelper()
		spec, err := fetch(ctx)
		Expect(err).NotTo(HaveOccurred())
		return spec
	}

	Describe("that is left to the kubelet", func() {
		It("is a reference with its login, and privileged as the task is", func(ctx SpecContext) {
			f.privileged = true
			image.Source = atc.Source{"repository": "ghcr.io/a/b", "username": "some-user", "password": "((password))"}
			Expect(fetched(ctx)).To(Equal(runtime.ImageSpec{ImageURL: "ghcr.io/a/b@" + digest, Privileged: true}))
			Expect(delegate.NativeImages()).To(ConsistOf(And(HaveField("Username", "some-user"), HaveField("Password", "some-secret"))))
			Expect(upstream.FetchImageCallCount()).To(BeZero())
		})

		It("shows its check and its get, then the get's course", func(ctx SpecContext) {
			fetched(ctx)
			get, check := atc.FetchImagePlan("1", atc.ImageResource{Name: "image", Type: image.Type, Source: image.Source}, types, atc.Tags{"some-tag"}, true, nil)
			origin := event.Origin{ID: "1"}
			Expect(f.events()[:2]).To(Equal([]atc.Event{
				event.ImageCheck{Origin: origin, Time: 2000, PublicPlan: check.Public()},
				event.ImageGet{Origin: origin, Time: 2000, PublicPlan: get.Public()},
			}))
			Expect(f.eventTypes()[2:]).To(Equal([]atc.EventType{
				event.EventTypeInitializeGet, event.EventTypeStartGet, event.EventTypeLog, event.EventTypeFinishGet,
			}))
			Expect(f.events()[2:]).To(HaveEach(HaveField("Origin.ID", event.OriginID("1/image-get"))))
		})

		It("shows them before the check runs", func(ctx SpecContext) {
			f.checkErr = errors.New("nope")
			_, err := fetch(ctx)
			Expect(err).To(MatchError("nope"))
			Expect(f.eventTypes()).To(Equal([]atc.EventType{event.EventTypeImageCheck, event.EventTypeImageGet}))
		})

		It("shows no check where the version is pinned", func(ctx SpecContext) {
			image.Version = atc.Version{"digest": digest}
			fetched(ctx)
			Expect(f.eventTypes()[:2]).To(Equal([]atc.EventType{event.EventTypeImageGet, event.EventTypeInitializeGet}))
			Expect(f.ran).To(BeEmpty())
		})

		DescribeTable("fails where that can't be shown, before anything runs",
			func(ctx SpecContext, call int, what string) {
				f.build.SaveEventReturnsOnCall(call, errors.New("nope"))
				spec, err := fetch(ctx)
				Expect(err).To(MatchError(And(ContainSubstring(what), ContainSubstring("nope"))))
				Expect(spec).To(BeZero())
				Expect(f.ran).To(BeEmpty())
				Expect(f.build.SaveEventCallCount()).To(Equal(call + 1))
			},
			Entry("the check", 0, "image check's event"),
			Entry("the get", 1, "image get's event"),
		)

		It("ends its get with an error where its version can't be saved", func(ctx SpecContext) {
			f.build.SaveImageResourceVersionReturns(errors.New("nope"))
			spec, err := fetch(ctx)
			Expect(err).To(MatchError(ContainSubstring("nope")))
			Expect(spec).To(BeZero())
			Expect(f.eventTypes()).To(Equal([]atc.EventType{
				event.EventTypeImageCheck, event.EventTypeImageGet, event.EventTypeInitializeGet, event.EventTypeError,
			}))
		})

		It("says in the step's own log that the registry_mirror failed", func(ctx SpecContext) {
			fetched(ctx)
			delegate.PullFailed(registryimage.Image{Reference: "mirror.example/a"}, registryimage.Image{Reference: "docker.io/a"}, errors.New("nope"))
			Expect(f.lines()).NotTo(BeEmpty())
		})

		It("may be of a type of the pipeline that is named registry-image", func(ctx SpecContext) {
			types = atc.ResourceTypes{{Name: "registry-image", Type: "registry-image", Source: atc.Source{"repository": "ghcr.io/parent"}}}
			f.versions["1/image-get/image-check"] = atc.Version{"digest": parentDigest}
			Expect(fetched(ctx).ImageURL).To(Equal("ghcr.io/a/b@" + digest))
			Expect(f.ran).To(Equal([]atc.PlanID{"1/image-check", "1/image-get/image-check"}))
			Expect(f.cachesMade()).To(HaveLen(2))
		})
	})

	DescribeTable("is upstream's with the same arguments, and no event of ours",
		func(ctx SpecContext, change func()) {
			change()
			upstreams, upstreamsErr := runtime.ImageSpec{ImageURL: "what upstream returns"}, errors.New("upstream's")
			upstream.FetchImageReturns(upstreams, upstreamsErr)

			spec, err := fetch(ctx)
			Expect(err).To(BeIdenticalTo(upstreamsErr))
			Expect(spec).To(Equal(upstreams))
			_, imageArg, typesArg, privileged, tags, skipInterval := upstream.FetchImageArgsForCall(0)
			Expect(imageArg.Source).To(Equal(image.Source))
			Expect(imageArg.Type).To(Equal(image.Type))
			Expect(typesArg).To(Equal(types))
			Expect(privileged).To(Equal(f.privileged))
			Expect(tags).To(Equal(atc.Tags{"some-tag"}))
			Expect(skipInterval).To(BeTrue())

			Expect(f.events()).To(BeEmpty())
			Expect(f.ran).To(BeEmpty())
			Expect(delegate.NativeImages()).To(BeEmpty())
		},
		Entry("with the flag off", func() { f.mode = NativeImageFetchNever }),
		Entry("of another type", func() { image.Type = "docker-image" }),
		Entry("of a custom type", func() {
			image.Type = "some-type"
			types = atc.ResourceTypes{{Name: "some-type", Type: "registry-image", Source: atc.Source{"repository": "ghcr.io/type"}}}
		}),
		Entry("whose source asks for more than a kubelet can do", func() {
			f.privileged = true
			image.Source["insecure"] = true
		}),
	)

	It("of Amazon ECR is upstream's where AWS refuses, with the events that it has shown once", func(ctx SpecContext) {
		image.Source = atc.Source{"repository": "a/b", "aws_region": "eu-west-1", "aws_access_key_id": "some-key-id", "aws_secret_access_key": "((password))"}
		f.logins.err = errors.New("AccessDenied")
		upstreams := runtime.ImageSpec{ImageURL: "what upstream returns"}
		f.upstream.FetchImageReturns(upstreams, f.cache, nil)

		Expect(fetched(ctx)).To(Equal(upstreams))
		Expect(f.lines()).To(ConsistOf(ContainSubstring("AccessDenied")))
		Expect(f.eventTypes()).To(Equal([]atc.EventType{event.EventTypeImageCheck, event.EventTypeImageGet}))
		Expect(upstream.FetchImageCallCount()).To(BeZero(), "which would show them again")
	})

	It("fails for a var that is missing, and shows nothing", func(ctx SpecContext) {
		image.Source["tag"] = "((some-missing-var))"
		_, err := fetch(ctx)
		Expect(err).To(MatchError(ContainSubstring("some-missing-var")))
		Expect(f.events()).To(BeEmpty())
		Expect(upstream.FetchImageCallCount()).To(BeZero())
	})
})
