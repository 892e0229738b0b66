package supervise_test

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/supervise"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Describe("A service that is watched", func() {
	var sleeps, other supervise.Service

	both := func() []supervise.Service { return []supervise.Service{sleeps, other} }

	watch := func(ctx context.Context, services func() []supervise.Service) <-chan error {
		watched := make(chan error, 1)
		go func() { watched <- supervise.Watch(ctx, services) }()
		return watched
	}

	BeforeEach(func(ctx SpecContext) {
		dir := GinkgoT().TempDir()
		sleeps = scriptIn(dir, "sleeper", "exec sleep 100")
		other = scriptIn(dir, "other", "echo all is well; exec sleep 100")
		Expect(sleeps.Run(ctx)).To(Succeed())
		Expect(other.Run(ctx)).To(Succeed())
	})

	It("is told of when it dies, with its log's end", func(ctx SpecContext) {
		watched := watch(ctx, both)
		Consistently(watched, "100ms").ShouldNot(Receive())

		Expect(other.Stop(ctx)).To(Succeed())

		Eventually(watched).Should(Receive(MatchError(And(
			ContainSubstring("other has died"), ContainSubstring("all is well")))))
	}, SpecTimeout(5*time.Second))

	It("is told of when it is dead already", func(ctx SpecContext) {
		Expect(sleeps.Stop(ctx)).To(Succeed())
		Expect(supervise.Watch(ctx, both)).To(MatchError(ContainSubstring("sleeper has died")))
	})

	It("may be stopped on purpose, and is watched again once it runs", func(ctx SpecContext) {
		watched := watch(ctx, both)

		Expect(other.StopOnPurpose(ctx, unix.SIGTERM)).To(Succeed())
		Consistently(watched, "200ms").ShouldNot(Receive())
		Expect(other.Run(ctx)).To(Succeed())
		Consistently(watched, "200ms").ShouldNot(Receive())

		Expect(other.Stop(ctx)).To(Succeed())
		Eventually(watched).Should(Receive(MatchError(ContainSubstring("other has died"))))
	}, SpecTimeout(5*time.Second))

	It("may be stopped for good", func(ctx SpecContext) {
		var forgotten atomic.Bool
		watched := watch(ctx, func() []supervise.Service {
			if forgotten.Load() {
				return []supervise.Service{sleeps}
			}
			return both()
		})
		Consistently(watched, "50ms").ShouldNot(Receive())

		forgotten.Store(true)
		Expect(other.StopOnPurpose(ctx, unix.SIGTERM)).To(Succeed())
		Consistently(watched, "200ms").ShouldNot(Receive())

		Expect(sleeps.Stop(ctx)).To(Succeed())
		Eventually(watched).Should(Receive(MatchError(ContainSubstring("sleeper has died"))))
	}, SpecTimeout(5*time.Second))

	It("is watched until the context ends", func() {
		ctx, cancel := context.WithCancel(context.Background())
		watched := watch(ctx, both)
		Consistently(watched, "50ms").ShouldNot(Receive())
		cancel()
		Eventually(watched).Should(Receive(BeNil()))
	})

	It("is waited for until the context ends", func(spec SpecContext) {
		Expect(other.StopOnPurpose(spec, unix.SIGTERM)).To(Succeed())
		ctx, cancel := context.WithCancel(spec)
		watched := watch(ctx, both)
		Consistently(watched, "100ms").ShouldNot(Receive())
		cancel()
		Eventually(watched).Should(Receive(BeNil()))
	}, SpecTimeout(5*time.Second))
})
