package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Describe("A part", func() {
	var (
		dir    string
		sleeps part
	)

	script := func(name, text string) part {
		p := part{
			name:    name,
			dir:     dir,
			command: []string{"/bin/sh", "-c", text},
			ready:   func(context.Context) error { return nil },
		}
		DeferCleanup(func(ctx context.Context) { Expect(p.stop(ctx)).To(Succeed()) })
		return p
	}

	BeforeEach(func() {
		dir = GinkgoT().TempDir()
		sleeps = script("sleeper", "echo sleeping; exec sleep 100")
	})

	It("is not alive before it is run, and is after", func(ctx SpecContext) {
		_, err := sleeps.process()
		Expect(err).To(MatchError(errNoProcess))

		Expect(sleeps.run(ctx)).To(Succeed())

		running, err := sleeps.process()
		Expect(err).NotTo(HaveOccurred())
		Expect(running.alive()).To(BeTrue())
	})

	It("is kept when it is run again", func(ctx SpecContext) {
		Expect(sleeps.run(ctx)).To(Succeed())
		first, err := sleeps.process()
		Expect(err).NotTo(HaveOccurred())

		Expect(sleeps.run(ctx)).To(Succeed())
		Expect(sleeps.process()).To(Equal(first))
	})

	It("is not alive when another process has its id", func(ctx SpecContext) {
		Expect(sleeps.run(ctx)).To(Succeed())
		running, err := sleeps.process()
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(writeJSON(sleeps.pidFile(), running)).To(Succeed()) })

		Expect(writeJSON(sleeps.pidFile(), process{ID: running.ID, Started: running.Started - 1})).To(Succeed())

		_, err = sleeps.process()
		Expect(err).To(MatchError(errNoProcess))
	})

	It("is waited for until it is ready", func(ctx SpecContext) {
		asked := 0
		sleeps.ready = func(context.Context) error {
			if asked++; asked < 3 {
				return errors.New("not yet")
			}
			return nil
		}
		Expect(sleeps.run(ctx)).To(Succeed())
		Expect(asked).To(Equal(3))
	})

	It("is not waited for any longer once it has died", func(ctx SpecContext) {
		broken := script("broken", "echo the port is taken; exit 1")
		broken.ready = func(context.Context) error { return errors.New("connection refused") }
		Expect(broken.run(ctx)).To(MatchError(And(
			ContainSubstring("broken has died"), ContainSubstring("the port is taken"))))
	}, SpecTimeout(5*time.Second))

	It("says why it isn't ready when the wait is cut short", func() {
		ctx, cancel := context.WithCancel(context.Background())
		sleeps.ready = func(context.Context) error { cancel(); return errors.New("connection refused") }
		err := sleeps.run(ctx)
		Expect(err).To(MatchError(ContainSubstring("connection refused")))
		Expect(err).To(MatchError(context.Canceled))
	})

	It("is killed if it doesn't stop when asked", func(ctx SpecContext) {
		deaf := script("deaf", "trap '' TERM; echo ready; while :; do sleep 0.1; done")
		deaf.ready = func(context.Context) error {
			if said, err := lastLines(deaf.logFile(), 1); said != "ready" {
				return fmt.Errorf("it said %q (%w)", said, err)
			}
			return nil
		}
		Expect(deaf.run(ctx)).To(Succeed())
		running, err := deaf.process()
		Expect(err).NotTo(HaveOccurred())

		Expect(running.end(ctx, unix.SIGTERM, 20*time.Millisecond)).To(Succeed())
		Expect(running.alive()).To(BeFalse())
	})

	It("may be stopped when it isn't alive", func(ctx SpecContext) {
		Expect(sleeps.stop(ctx)).To(Succeed())
	})

	Describe("being watched", func() {
		var other part

		BeforeEach(func(ctx SpecContext) {
			other = script("other", "echo all is well; exec sleep 100")
			Expect(sleeps.run(ctx)).To(Succeed())
			Expect(other.run(ctx)).To(Succeed())
		})

		It("is told of when it dies, with its log's end", func(ctx SpecContext) {
			watched := make(chan error, 1)
			go func() { watched <- watch(ctx, func() []part { return []part{sleeps, other} }) }()
			Consistently(watched, "100ms").ShouldNot(Receive())

			Expect(other.stop(ctx)).To(Succeed())

			Eventually(watched).Should(Receive(MatchError(And(
				ContainSubstring("other has died"), ContainSubstring("all is well")))))
		}, SpecTimeout(5*time.Second))

		It("is told of when it is dead already", func(ctx SpecContext) {
			Expect(sleeps.stop(ctx)).To(Succeed())
			Expect(watch(ctx, func() []part { return []part{other, sleeps} })).To(MatchError(ContainSubstring("sleeper has died")))
		})

		It("may be stopped on purpose, and is watched again once it runs", func(ctx SpecContext) {
			watched := make(chan error, 1)
			go func() { watched <- watch(ctx, func() []part { return []part{sleeps, other} }) }()

			Expect(other.stopOnPurpose(ctx, unix.SIGTERM)).To(Succeed())
			Consistently(watched, "200ms").ShouldNot(Receive())
			Expect(other.run(ctx)).To(Succeed())
			Consistently(watched, "200ms").ShouldNot(Receive())

			Expect(other.stop(ctx)).To(Succeed())
			Eventually(watched).Should(Receive(MatchError(ContainSubstring("other has died"))))
		}, SpecTimeout(5*time.Second))

		It("may be stopped for good", func(ctx SpecContext) {
			var forgotten atomic.Bool
			watched := make(chan error, 1)
			go func() {
				watched <- watch(ctx, func() []part {
					if forgotten.Load() {
						return []part{sleeps}
					}
					return []part{sleeps, other}
				})
			}()
			Consistently(watched, "50ms").ShouldNot(Receive())

			forgotten.Store(true)
			Expect(other.stopOnPurpose(ctx, unix.SIGTERM)).To(Succeed())
			Consistently(watched, "200ms").ShouldNot(Receive())

			Expect(sleeps.stop(ctx)).To(Succeed())
			Eventually(watched).Should(Receive(MatchError(ContainSubstring("sleeper has died"))))
		}, SpecTimeout(5*time.Second))

		It("ends with the context", func() {
			ctx, cancel := context.WithCancel(context.Background())
			watched := make(chan error, 1)
			go func() { watched <- watch(ctx, func() []part { return []part{sleeps, other} }) }()
			Consistently(watched, "50ms").ShouldNot(Receive())
			cancel()
			Eventually(watched).Should(Receive(BeNil()))
		})
	})
})

var _ = DescribeTable("a process's stat",
	func(stat, state string, started uint64) {
		gotState, gotStarted, err := parseStat(stat)
		Expect(err).NotTo(HaveOccurred())
		Expect(gotState).To(Equal(state))
		Expect(gotStarted).To(Equal(started))
	},
	Entry("plain", "7 (etcd) S 1 7 7 0 -1 4 5 0 0 0 1 2 0 0 20 0 1 0 4711 100 5", "S", uint64(4711)),
	Entry("of a program with brackets and spaces in its name",
		"7 (a) R (b) Z 1 7 7 0 -1 4 5 0 0 0 1 2 0 0 20 0 1 0 4711 100 5", "Z", uint64(4711)),
)
