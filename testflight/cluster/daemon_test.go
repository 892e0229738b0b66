package cluster

import (
	"context"
	"errors"

	"github.com/concourse/concourse-kubernetes/testflight/supervise"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Describe("A daemon", func() {
	const name = "sleeper"

	var (
		c       *Cluster
		started supervise.Process
		watched chan error
	)

	run := func(ctx context.Context) {
		GinkgoHelper()
		Expect(c.RunDaemon(ctx, Daemon{
			Name:    name,
			Command: []string{"/bin/sleep", "100"},
			Ready:   func(context.Context) error { return nil },
		})).To(Succeed())
	}

	BeforeEach(func(ctx SpecContext) {
		c = New(GinkgoT().TempDir(), GinkgoWriter)
		run(ctx)
		DeferCleanup(func(ctx SpecContext) { Expect(c.StopDaemon(ctx, name)).To(Succeed()) })
		var err error
		started, err = c.daemon(name).Process()
		Expect(err).NotTo(HaveOccurred())

		watching, stop := context.WithCancel(context.Background())
		DeferCleanup(stop)
		watched = make(chan error, 1)
		go func() { watched <- supervise.Watch(watching, c.daemons) }()
	})

	runsAgain := func(ctx context.Context) {
		GinkgoHelper()
		Expect(started.Alive()).To(BeFalse())
		run(ctx)
		second, err := c.daemon(name).Process()
		Expect(err).NotTo(HaveOccurred())
		Expect(second).NotTo(Equal(started))
		Consistently(watched, "200ms").ShouldNot(Receive())
	}

	It("may be killed and run again, which is no death", func(ctx SpecContext) {
		Expect(c.KillDaemon(ctx, name)).To(Succeed())
		runsAgain(ctx)
	})

	It("may be waited for to end by itself, which is no death", func(ctx SpecContext) {
		Expect(c.AwaitDaemonEnd(ctx, name, func() error { return unix.Kill(started.ID, unix.SIGTERM) })).To(Succeed())
		runsAgain(ctx)
	})

	It("is known as before where what would end it fails", func(ctx SpecContext) {
		failure := errors.New("nobody is there")
		Expect(c.AwaitDaemonEnd(ctx, name, func() error { return failure })).To(MatchError(failure))
		Expect(c.daemon(name).Process()).To(Equal(started))
	})

	It("is dead when it ends by itself otherwise", func() {
		Expect(unix.Kill(started.ID, unix.SIGTERM)).To(Succeed())
		Eventually(watched).Should(Receive(MatchError(ContainSubstring("sleeper has died"))))
	})
})
