package engine

import (
	"context"
	"errors"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/event"
	"github.com/concourse/concourse/atc/runtime"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = DescribeTableSubtree("upstream's delegate beneath ours, for an image", func(set func(*fixture)) {
	var o *overUpstream

	BeforeEach(func() {
		o = newOverUpstream()
		set(o.fixture)
	})

	fetch := func(ctx context.Context) (runtime.ImageSpec, error) {
		image, _, err := o.buildStepDelegate().FetchImage(ctx, o.get, o.check, o.privileged)
		return image, err
	}

	DescribeTable("returns the volume that the get made, and its resource cache",
		func(ctx SpecContext, privileged bool) {
			image, cache, err := o.buildStepDelegate().FetchImage(ctx, o.get, o.check, privileged)
			Expect(err).NotTo(HaveOccurred())
			Expect(image).To(Equal(runtime.ImageSpec{ImageArtifact: o.volume, Privileged: privileged}))
			Expect(cache).To(BeIdenticalTo(o.cache))
		},
		Entry("privileged", true),
		Entry("not privileged", false),
	)

	It("runs the check and then the get", func(ctx SpecContext) {
		_, err := fetch(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(o.plans).To(Equal([]atc.Plan{*o.check, o.get}))
	})

	It("runs only the get where there is no check", func(ctx SpecContext) {
		o.pin(atc.Version{"digest": digest})
		_, err := fetch(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(o.plans).To(Equal([]atc.Plan{o.get}))
	})

	It("saves the image's version for the build", func(ctx SpecContext) {
		_, err := fetch(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(o.build.SaveImageResourceVersionCallCount()).To(Equal(1))
		Expect(o.build.SaveImageResourceVersionArgsForCall(0)).To(BeIdenticalTo(o.cache))
	})

	DescribeTable("fails",
		func(ctx SpecContext, breakIt func(), expected any) {
			breakIt()
			image, err := fetch(ctx)
			Expect(err).To(MatchError(expected))
			Expect(image).To(BeZero())
		},
		Entry("when the check fails", func() { o.checkFails = true }, ContainSubstring("check failed")),
		Entry("when the check errors", func() { o.checkErr = context.Canceled }, context.Canceled),
		Entry("when the get fails", func() { o.getFails = true }, ContainSubstring("fetching failed")),
		Entry("when the get errors", func() { o.getErr = context.Canceled }, context.Canceled),
		Entry("when the get has no result", func() { o.withoutResult = true }, ContainSubstring("result")),
		Entry("when the get made no volume", func() { o.withoutArtifact = true }, ContainSubstring("artifact")),
		Entry("when the version can't be saved", func() { o.build.SaveImageResourceVersionReturns(errors.New("nope")) }, ContainSubstring("nope")),
	)

	Describe("with a policy on images", func() {
		BeforeEach(func() { o.policies.ShouldCheckActionReturns(true) })

		DescribeTable("asks once, with what is to be used and without secrets",
			func(ctx SpecContext, privileged bool) {
				o.verdict.AllowedReturns(true)
				o.privileged = privileged
				o.secrets = map[string]any{"some-var": "some-secret"}
				o.get.Get.Source = atc.Source{"repository": "ghcr.io/a/b", "password": "some-secret"}
				_, err := fetch(ctx)
				Expect(err).NotTo(HaveOccurred())

				Expect(o.policies.CheckCallCount()).To(Equal(1))
				asked := o.policies.CheckArgsForCall(0)
				Expect(asked.Team).To(Equal("some-team"))
				Expect(asked.Pipeline).To(Equal("some-pipeline"))
				Expect(asked.Data).To(Equal(map[string]any{
					"image_type":   o.get.Get.Type,
					"image_source": atc.Source{"repository": "ghcr.io/a/b", "password": "((redacted))"},
					"privileged":   privileged,
				}))
				Expect(o.shown()).To(BeEmpty())
			},
			Entry("privileged", true),
			Entry("not privileged", false),
		)

		It("fails where the checker does", func(ctx SpecContext) {
			o.policies.CheckReturns(nil, errors.New("nope"))
			_, err := fetch(ctx)
			Expect(err).To(MatchError("policy check: nope"))
		})

		It("fails where it is denied, before anything runs", func(ctx SpecContext) {
			o.verdict.ShouldBlockReturns(true)
			o.verdict.MessagesReturns([]string{"reason one", "reason two"})
			_, err := fetch(ctx)
			Expect(err).To(MatchError(And(ContainSubstring("reason one"), ContainSubstring("reason two"))))
			Expect(o.plans).To(BeEmpty())
		})

		It("warns in the step's own output where it is denied softly", func(ctx SpecContext) {
			o.verdict.MessagesReturns([]string{"reason one", "reason two"})
			_, err := fetch(ctx)
			Expect(err).NotTo(HaveOccurred())
			Expect(o.shown()).To(And(ContainSubstring("reason one"), ContainSubstring("reason two"), ContainSubstring("WARNING")))
			Expect(o.events()).To(HaveEach(HaveField("Origin", event.Origin{ID: "1", Source: event.OriginSourceStderr})))
		})
	})
}, physicalImages)
