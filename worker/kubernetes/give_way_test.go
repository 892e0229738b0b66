package kubernetes_test

import (
	"fmt"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

var _ = Describe("a pod that a node has too many others for", func() {
	var (
		w    *world
		node *fakeNode
	)

	BeforeEach(func() {
		w = newWorld()
		node = newFakeNode(w, 3)
	})

	step := func(handle string) garden.Container {
		GinkgoHelper()
		return w.create(named(task(), handle))
	}
	checks := func(handle string) garden.Container {
		GinkgoHelper()
		return w.create(named(check(), handle))
	}
	ranTask := func(container garden.Container) {
		GinkgoHelper()
		node.ran(container, garden.ProcessSpec{ID: "task", Path: "make"}, 0)
	}
	checked := func(container garden.Container) {
		GinkgoHelper()
		node.ran(container, garden.ProcessSpec{Path: "/opt/resource/check"}, 0)
	}
	start := func(container garden.Container) garden.Process {
		GinkgoHelper()
		process, err := container.Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		return process
	}
	// next creates one container more, and returns which of the others have no pod any more.
	next := func(others ...string) func(handle string) []string {
		return func(handle string) []string {
			GinkgoHelper()
			Eventually(w.createInBackground(named(task(), handle))).Should(Receive(BeNil()))
			var gone []string
			for _, other := range others {
				if !node.has(other)() {
					gone = append(gone, other)
				}
			}
			return gone
		}
	}

	It("takes the place of the check that is idle longest, then of the next", func() {
		first, second, third := checks("first"), checks("second"), checks("third")
		checked(second)
		checked(third)
		checked(first)
		after := next("first", "second", "third")
		Expect(after("a")).To(ConsistOf("second"))
		Expect(after("b")).To(ConsistOf("second", "third"))
		Expect(after("c")).To(ConsistOf("second", "third", "first"))
	})

	It("takes the place of a check before that of a step, however long that is idle", func() {
		ranTask(step("the-step"))
		checked(checks("the-check"))
		start(step("busy"))
		after := next("the-step", "the-check", "busy")
		Expect(after("a")).To(ConsistOf("the-check"))
		Expect(after("b")).To(ConsistOf("the-check", "the-step"))
	})

	It("takes the place of the step that is idle longest", func() {
		first, second, third := step("first"), step("second"), step("third")
		ranTask(third)
		ranTask(first)
		ranTask(second)
		after := next("first", "second", "third")
		Expect(after("a")).To(ConsistOf("third"))
		Expect(after("b")).To(ConsistOf("third", "first"))
	})

	It("takes no more places than it needs", func() {
		for i := range 3 {
			checked(checks(fmt.Sprint("check-", i)))
		}
		Expect(next("check-0", "check-1", "check-2")("a")).To(HaveLen(1))
		Expect(node.refused("a")()).To(Equal(1))
	})

	It("takes the place of a container that someone looked at for the last time longest ago", func() {
		first, second := step("first"), step("second")
		start(step("busy"))
		ranTask(first)
		ranTask(second)
		_, err := w.backend.Lookup("first")
		Expect(err).NotTo(HaveOccurred())
		Expect(next("first", "second", "busy")("a")).To(ConsistOf("second"))
	})

	It("takes the place of another where the node does not take a pod down", func() {
		for _, handle := range []string{"stuck", "second"} {
			ranTask(step(handle))
		}
		start(step("busy"))
		node.keep("stuck", true)
		Expect(next("second")("a")).To(ConsistOf("second"))
	})

	It("takes the place of a check whatever the init in its pod says: to its processes nobody comes back", func() {
		first := checks("first")
		checked(first)
		node.initOf("first").tell(podinit.ProcessState{ID: "a-lie", Running: true})
		start(step("busy"))
		start(step("too"))
		Expect(next("first")("a")).To(ConsistOf("first"))
	})

	It("takes the place of a step whose end web knows, whatever the init in its pod says", func() {
		first := step("first")
		ranTask(first)
		Expect(first.SetProperty("concourse:exit-status", "0")).To(Succeed())
		node.initOf("first").tell(podinit.ProcessState{ID: "a-lie", Running: true})
		start(step("busy"))
		start(step("too"))
		Expect(next("first")("a")).To(ConsistOf("first"))
	})

	Describe("waits, and takes no place", func() {
		// waits has one container more wait, until the process given ends.
		waits := func(until garden.Container, process garden.Process) {
			GinkgoHelper()
			created := w.createInBackground(named(task(), "next"))
			Eventually(node.refused("next")).Should(BeNumerically(">=", 3))
			Expect(created).NotTo(Receive())
			for _, busy := range []string{"a", "b", "c"} {
				Expect(node.has(busy)()).To(BeTrue())
			}
			node.ends(until.Handle(), process, 0)
			Eventually(created).Should(Receive(BeNil()))
			Expect(node.has(until.Handle())()).To(BeFalse())
		}

		It("of one whose process runs", func() {
			a, b, c := step("a"), step("b"), step("c")
			start(a)
			start(b)
			waits(c, start(c))
			Expect(node.has("a")()).To(BeTrue())
			Expect(node.has("b")()).To(BeTrue())
		})

		It("of one in which nothing ran yet, as its step is about to run something", func() {
			step("a")
			checks("b")
			c := step("c")
			waits(c, start(c))
			Expect(node.has("a")()).To(BeTrue())
			Expect(node.has("b")()).To(BeTrue())
		})

		It("of one whose process runs without a client, as its init says", func() {
			a, b, c := step("a"), step("b"), step("c")
			start(b)
			left := start(a)
			node.initOf("a").tell(podinit.ProcessState{ID: "task", Running: true})
			detach(left)
			waits(c, start(c))
			Expect(node.has("a")()).To(BeTrue())
		})

		It("of one whose init does not say whether something runs", func() {
			a, b, c := step("a"), step("b"), step("c")
			start(b)
			ranTask(a)
			node.initOf("a").silence()
			waits(c, start(c))
			Expect(node.has("a")()).To(BeTrue())
		})

		It("of one that runs something for a person beside what has ended", func() {
			a, b, c := step("a"), step("b"), step("c")
			start(b)
			_, err := a.Run(garden.ProcessSpec{Path: "sh"}, garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			second := start(a)
			detach(second)
			waits(c, start(c))
			Expect(node.has("a")()).To(BeTrue())
		})
	})

	It("takes the place of a step that has ended before the worker was restarted", func() {
		ranTask(step("a"))
		start(step("b"))
		start(step("c"))
		node.initOf("b").tell(podinit.ProcessState{ID: "task", Running: true})
		node.initOf("c").tell(podinit.ProcessState{ID: "task", Running: true})
		w.start()
		Expect(next("a", "b", "c")("d")).To(ConsistOf("a"))
	})

	It("takes no place of a step that had not run anything when the worker was restarted", func() {
		ranTask(step("a"))
		step("b")
		step("c")
		w.start()
		after := next("a", "b", "c")
		Expect(after("d")).To(ConsistOf("a"))
		Expect(w.createFor("200ms", named(task(), "e"))).To(MatchError(ContainSubstring("is still starting")))
		Expect(node.has("b")()).To(BeTrue())
		Expect(node.has("c")()).To(BeTrue())
	})
})

// detach has the client of a process go away.
func detach(process garden.Process) {
	GinkgoHelper()
	process.(interface{ Detach() }).Detach()
	_, err := process.Wait()
	Expect(err).To(HaveOccurred())
}
