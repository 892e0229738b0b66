package lifecycle_test

import (
	"context"
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
)

var _ = Describe("a container", func() {
	var l *lifecycle.Lifecycle

	BeforeEach(func() {
		l = lifecycle.New(lifecycle.Step)
	})

	It("says why it did not start", func() {
		l.StartFailed(errStart)
		seen, _ := l.See()
		Expect(seen.StartError).To(MatchError(errStart))
	})

	It("is not ready if it was aborted before init answered, and says so", func() {
		Expect(l.Abort(errAbort)).To(BeTrue())
		phase, err := l.Started(nil)
		Expect(err).To(MatchError(errAbort))
		Expect(phase).To(Equal(lifecycle.Discarded))
	})

	It("has ended if its pod did between init's answer and its being ready", func() {
		Expect(l.Started(errEnd)).To(Equal(lifecycle.Ended))
		seen, _ := l.See()
		Expect(seen.Reason).To(MatchError(errEnd))
	})

	It("is ready if it was an earlier pod that ended", func() {
		l.PodEnded(errEnd)
		Expect(l.Started(nil)).To(Equal(lifecycle.Ready))
	})

	It("of checks is discarded if its pod ended between init's answer and its being ready", func() {
		l = lifecycle.New(lifecycle.Check)
		Expect(l.Started(errEnd)).To(Equal(lifecycle.Discarded))
	})

	Describe("that is ready", func() {
		BeforeEach(func() {
			l.Started(nil)
		})

		It("is not idle before anything ran in it: its client is about to run something", func() {
			_, idle := l.IdleSince()
			Expect(idle).To(BeFalse())
			Expect(l.GiveWay(errGaveWay, time.Now())).To(BeFalse())
		})

		It("is not idle while a client follows a process", func() {
			_, first := l.Use()
			_, second := l.Use()
			Expect(first && second).To(BeTrue())
			l.Release()
			Expect(l.GiveWay(errGaveWay, time.Now())).To(BeFalse())
			l.Release()
			Expect(l.GiveWay(errGaveWay, time.Now())).To(BeTrue())
		})

		It("is not idle for longer than since a client looked at it", func() {
			l.Use()
			l.Release()
			before := time.Now()
			l.Touch()
			Expect(l.GiveWay(errGaveWay, before)).To(BeFalse())
			since, idle := l.IdleSince()
			Expect(idle).To(BeTrue())
			Expect(since).To(BeTemporally(">=", before))
		})

		It("says in place of running anything that it gave way", func() {
			l.Use()
			l.Release()
			Expect(l.GiveWay(errGaveWay, time.Now())).To(BeTrue())
			seen, ok := l.Use()
			Expect(ok).To(BeFalse())
			Expect(seen.Reason).To(MatchError(errGaveWay))
		})
	})

	It("goes on after a restart of the worker as what it was", func() {
		l = lifecycle.Resume(lifecycle.Step, lifecycle.GaveWay, errGaveWay, true)
		seen, ok := l.Use()
		Expect(ok).To(BeFalse())
		Expect(seen).To(Equal(lifecycle.View{Phase: lifecycle.GaveWay, Reason: errGaveWay}))
	})

	It("wakes who waits for it when the patience of that is over, with the cause", func() {
		ctx, cancel := context.WithCancelCause(context.Background())
		errImpatient := errors.New("impatient")
		cancel(errImpatient)
		_, err := l.Wait(ctx, func(phase lifecycle.Phase) bool { return phase == lifecycle.Ready })
		Expect(err).To(MatchError(errImpatient))
	})
})
