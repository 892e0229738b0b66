package steptimeout_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/atc/steptimeout"
)

var _ = Describe("the context of a step", func() {
	const limit = 100 * time.Millisecond

	var (
		build context.Context
		abort context.CancelFunc
		step  context.Context
		leave context.CancelFunc
	)

	BeforeEach(func() {
		build, abort = context.WithCancel(context.Background())
		DeferCleanup(abort)
		step, leave = steptimeout.New(build, limit)
		DeferCleanup(leave)
	})

	standsStill := func() {
		GinkgoHelper()
		Consistently(step.Done(), 2*limit).ShouldNot(BeClosed())
		Expect(step.Err()).NotTo(HaveOccurred())
	}

	It("ends when its clock has run for the limit", func() {
		steptimeout.Run(step)
		Eventually(step.Done()).Should(BeClosed())
		Expect(step.Err()).To(MatchError(context.DeadlineExceeded))
	})

	It("does not end while its clock stands, and has the rest of the time then", func() {
		standsStill()
		steptimeout.Run(step)
		steptimeout.Pause(step)
		standsStill()
		steptimeout.Run(step)
		Eventually(step.Done()).Should(BeClosed())
		Expect(step.Err()).To(MatchError(context.DeadlineExceeded))
	})

	It("ends in contexts that are made from it, for the same reason", func() {
		of, cancel := context.WithTimeout(step, time.Hour)
		DeferCleanup(cancel)
		steptimeout.Run(of)
		Eventually(of.Done()).Should(BeClosed())
		Expect(of.Err()).To(MatchError(context.DeadlineExceeded))
	})

	DescribeTable("ends when the build is aborted",
		func(clock func()) {
			clock()
			abort()
			Eventually(step.Done()).Should(BeClosed())
			Expect(step.Err()).To(MatchError(context.Canceled))
			steptimeout.Run(step)
			Consistently(step.Err, 2*limit).Should(MatchError(context.Canceled))
		},
		Entry("before its clock has run", func() {}),
		Entry("while its clock stands", func() { steptimeout.Pause(step) }),
		Entry("though time would have passed, did the clock not stand", func() { Consistently(step.Done(), 2*limit).ShouldNot(BeClosed()) }),
	)

	It("ends with a deadline of its parent, whatever its own clock says", func() {
		limited, cancel := context.WithTimeout(build, limit)
		DeferCleanup(cancel)
		step, leave := steptimeout.New(limited, time.Hour)
		DeferCleanup(leave)
		Eventually(step.Done()).Should(BeClosed())
		Expect(step.Err()).To(MatchError(context.DeadlineExceeded))
	})

	It("ends when the step has", func() {
		steptimeout.Run(step)
		leave()
		Expect(step.Err()).To(MatchError(context.Canceled))
	})

	It("has the values of its parent, which logs and traces go by", func() {
		type key struct{}
		step, leave := steptimeout.New(context.WithValue(build, key{}, "some-value"), limit)
		DeferCleanup(leave)
		Expect(step.Value(key{})).To(Equal("some-value"))
	})

	It("has a clock of its own, though its parent is that of another step", func() {
		inner, leave := steptimeout.New(step, time.Hour)
		DeferCleanup(leave)
		steptimeout.Run(inner)
		steptimeout.Run(steptimeout.Unlimited(step))
		standsStill()
	})

	It("may have no limit", func() {
		unlimited := steptimeout.Unlimited(build)
		steptimeout.Run(unlimited)
		steptimeout.Pause(unlimited)
		Expect(unlimited.Err()).NotTo(HaveOccurred())
		abort()
		Expect(unlimited.Err()).To(MatchError(context.Canceled))
	})

	It("is none of other contexts", func() {
		steptimeout.Run(build)
		steptimeout.Pause(build)
		Expect(build.Err()).NotTo(HaveOccurred())
	})
})
