package engine

import (
	"time"

	"github.com/concourse/concourse-kubernetes/atc/worker"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the build log of a step whose pod is still starting", func() {
	var s *steps

	BeforeEach(func() { s = newSteps() })

	// progress is the delegate that the step brings to the worker.
	progress := func(ctx SpecContext, plan atc.Plan) worker.StartProgress {
		GinkgoHelper()
		return s.container(ctx, s.ours(), plan).Delegate.(worker.StartProgress)
	}

	steps := []any{
		Entry("get", getPlan("registry-image", atc.TypeImage{BaseType: "registry-image"})),
		Entry("put", putPlan("registry-image", atc.TypeImage{BaseType: "registry-image"})),
		Entry("check", checkPlan("unchecked", atc.TypeImage{BaseType: "registry-image"})),
		Entry("check of an image", checkPlan("registry-image", atc.TypeImage{BaseType: "registry-image"})),
		Entry("task", taskPlan(atc.TaskConfig{RootfsURI: "docker:///busybox"})),
	}

	DescribeTable("says what it waits for, and for how long, whether the image was fetched natively or not", append([]any{
		func(ctx SpecContext, plan atc.Plan) {
			s.scope.LastCheckReturns(db.LastCheck{}, nil)
			progress(ctx, plan).StillStarting(75*time.Second+300*time.Millisecond, "the kubelet pulls the image")
			Expect(s.shown()).To(Equal("waiting for the pod for 1m15s: the kubelet pulls the image\n"))
		}}, steps...)...)

	DescribeTable("does so with native image fetch off", append([]any{
		func(ctx SpecContext, plan atc.Plan) {
			s.mode = NativeImageFetchNever
			s.scope.LastCheckReturns(db.LastCheck{}, nil)
			progress(ctx, plan).StillStarting(15*time.Second, "for room")
			Expect(s.shown()).To(Equal("waiting for the pod for 15s: for room\n"))
		}}, steps...)...)

	It("says for how long where the worker does not know what for", func(ctx SpecContext) {
		progress(ctx, getPlan("git", atc.TypeImage{BaseType: "git"})).StillStarting(15*time.Second, "")
		Expect(s.shown()).To(Equal("waiting for the pod for 15s\n"))
	})

	It("has no secret of the pipeline's that a registry quotes", func(ctx SpecContext) {
		plan := getPlan("git", atc.TypeImage{BaseType: "git"})
		plan.Get.Source = atc.Source{"password": "((password))"}
		progress(ctx, plan).StillStarting(15*time.Second, "ErrImagePull: no access with some-secret")
		Expect(s.shown()).To(Equal("waiting for the pod for 15s: ErrImagePull: no access with ((redacted))\n"))
	})
})
