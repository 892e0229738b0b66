package engine

import (
	"context"
	"time"

	"code.cloudfoundry.org/lager/v3/lagerctx"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/exec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/atc/steptimeout"
)

var _ = Describe("the timeout of a step", func() {
	const timeout = 20 * time.Millisecond

	var s *steps

	BeforeEach(func() {
		s = newSteps()
		s.defaultTimeout = 0
	})

	run := func(ctx context.Context, plan atc.Plan) error {
		_, err := exec.NewRunState(s.ours(), s.vars, true).Run(lagerctx.NewContext(ctx, s.log), plan)
		return err
	}

	outlasts := func(ctx context.Context) {
		GinkgoHelper()
		Consistently(ctx.Done(), 5*timeout).ShouldNot(BeClosed())
		Expect(ctx.Err()).NotTo(HaveOccurred())
	}

	image := atc.TypeImage{BaseType: "registry-image"}
	kinds := []TableEntry{
		Entry("get", func(timeout string) atc.Plan {
			plan := getPlan("registry-image", image)
			plan.Get.Timeout = timeout
			return plan
		}),
		Entry("put", func(timeout string) atc.Plan {
			plan := putPlan("registry-image", image)
			plan.Put.Timeout = timeout
			return plan
		}),
		Entry("check", func(timeout string) atc.Plan {
			plan := checkPlan("unchecked", image)
			plan.Check.Timeout = timeout
			return plan
		}),
		Entry("task", func(timeout string) atc.Plan {
			plan := taskPlan(atc.TaskConfig{RootfsURI: "docker:///busybox"})
			plan.Task.Timeout = timeout
			return plan
		}),
	}

	DescribeTable("is put off while a worker has its clock stand, in the step's own context", func(ctx SpecContext, plan func(string) atc.Plan) {
		s.creating = func(ctx context.Context) error {
			outlasts(ctx)
			return errNoContainer
		}
		Expect(run(ctx, plan(timeout.String()))).To(MatchError(errNoContainer))
		Expect(s.asked).To(HaveLen(1))
	}, kinds)

	timesOut := func(ctx context.Context) error {
		steptimeout.Run(ctx)
		Eventually(ctx.Done()).Should(BeClosed())
		return ctx.Err()
	}

	DescribeTable("ends it while its clock runs, in upstream's words", func(ctx SpecContext, plan func(string) atc.Plan) {
		s.creating = timesOut
		Expect(run(ctx, plan(timeout.String()))).To(Or(BeNil(), MatchError(context.DeadlineExceeded)))
		Expect(s.asked).To(HaveLen(1))
		Expect(s.errorsShown()).To(ConsistOf(exec.TimeoutLogMessage))
	}, kinds)

	DescribeTable("is web's default where the plan has none", func(ctx SpecContext, plan func(string) atc.Plan) {
		s.defaultTimeout = timeout
		s.creating = timesOut
		Expect(run(ctx, plan(""))).To(Or(BeNil(), MatchError(context.DeadlineExceeded)))
		Expect(s.errorsShown()).To(ConsistOf(exec.TimeoutLogMessage))
	}, kinds)

	DescribeTable("may be none", func(ctx SpecContext, plan func(string) atc.Plan) {
		s.creating = func(ctx context.Context) error {
			steptimeout.Run(ctx)
			outlasts(ctx)
			return errNoContainer
		}
		Expect(run(ctx, plan(""))).To(MatchError(errNoContainer))
	}, kinds)

	DescribeTable("keeps no abort from the step while it is put off", func(ctx SpecContext, plan func(string) atc.Plan) {
		build, abort := context.WithCancel(ctx)
		s.creating = func(ctx context.Context) error {
			outlasts(ctx)
			abort()
			Eventually(ctx.Done()).Should(BeClosed())
			return ctx.Err()
		}
		Expect(run(build, plan(timeout.String()))).To(MatchError(context.Canceled))
	}, kinds)

	DescribeTable("is upstream's error where it is not valid", func(ctx SpecContext, plan func(string) atc.Plan) {
		Expect(run(ctx, plan("soon"))).To(MatchError(ContainSubstring(`parse timeout: time: invalid duration "soon"`)))
		Expect(s.asked).To(BeEmpty())
	}, kinds)
})
