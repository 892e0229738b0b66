package kubernetes_test

import (
	"fmt"
	"time"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/contract"
)

var _ = Describe("waiting for room", func() {
	var (
		w    *world
		node *fakeNode
	)

	BeforeEach(func() {
		w = newWorld()
		w.config.PodStartupTimeout = 400 * time.Millisecond
		node = newFakeNode(w, 1)
	})

	task := func(handle string) garden.ContainerSpec { return named(task(), handle) }

	// occupy has a step run on the node.
	occupy := func(handle string) garden.Process {
		GinkgoHelper()
		process, err := w.create(task(handle)).Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		return process
	}

	// waitsFor is what a container waits for.
	waitsFor := func(handle string) string {
		GinkgoHelper()
		waiting, ok := contract.ParseStillStarting(handle, w.createFor("10ms", task(handle)))
		Expect(ok).To(BeTrue())
		return waiting
	}

	Describe("goes on beyond the time that a start may take", func() {
		It("while a step of this worker runs", func() {
			occupy("busy")
			created := w.createInBackground(task("next"))
			Consistently(created, "1s").ShouldNot(Receive())
			Expect(w.backend.Destroy("busy")).To(Succeed())
			Eventually(created).Should(Receive(BeNil()))
		})

		It("while a step of this worker is about to run", func() {
			w.create(task("busy"))
			created := w.createInBackground(task("next"))
			Consistently(created, "1s").ShouldNot(Receive())
		})

		It("behind others that wait, too", func() {
			occupy("busy")
			first := w.createInBackground(task("first"))
			Eventually(node.refused("first")).Should(BeNumerically(">=", 1))
			second := w.createInBackground(task("second"))
			Consistently(first, "1s").ShouldNot(Receive())
			Consistently(second, "100ms").ShouldNot(Receive())
			node.grow(3)
			Eventually(first).Should(Receive(BeNil()))
			Eventually(second).Should(Receive(BeNil()))
		})

		It("and leaves the time that a start may take for the start", func() {
			occupy("busy")
			node.slowDown("next")
			created := w.createInBackground(task("next"))
			Consistently(created, "1s").ShouldNot(Receive())
			Expect(w.backend.Destroy("busy")).To(Succeed())
			Eventually(node.has("next")).Should(BeTrue())
			Consistently(created, "150ms").ShouldNot(Receive())
			node.initOf("next").answer()
			Eventually(created).Should(Receive(BeNil()))
		})
	})

	Describe("ends with what the kubelet said when the time is up", func() {
		refusal := And(
			ContainSubstring("not started within 400ms: OutOfpods: Node didn't have enough resource: pods"),
			ContainSubstring("the node is full"), ContainSubstring("maxPods"))

		It("if no pod of this worker is on the node", func() {
			node.take("another's")
			Eventually(w.createInBackground(task("next"))).Should(Receive(MatchError(refusal)))
			w.expectNothingLeft()
		})

		It("if the last one is gone, and others took its room", func() {
			occupy("busy")
			created := w.createInBackground(task("next"))
			Consistently(created, "600ms").ShouldNot(Receive())
			node.take("another's")
			Expect(w.backend.Destroy("busy")).To(Succeed())
			Eventually(created).Should(Receive(MatchError(refusal)))
		})

		It("if others wait just as long", func() {
			node.take("another's")
			first := w.createInBackground(task("first"))
			Eventually(node.refused("first")).Should(BeNumerically(">=", 1))
			second := w.createInBackground(task("second"))
			Eventually(first).Should(Receive(MatchError(refusal)))
			Eventually(second).Should(Receive(MatchError(Or(refusal, And(
				ContainSubstring("not started within 400ms: room on node node-1: others of this worker came before"),
				ContainSubstring("maxPods"))))))
			w.expectNothingLeft()
		})
	})

	It("of many ends when their time is up, and not for one after the other", func() {
		const many = 30 // one after the other, they would take more than twice as long as a spec waits
		node.take("another's")
		failed := make(chan error, many)
		for i := range many {
			go func(w *world) {
				_, err := w.backend.Create(task(fmt.Sprint("waiter-", i)))
				failed <- err
			}(w)
		}
		Eventually(failed).Should(HaveLen(many))
		for range many {
			Expect(<-failed).To(MatchError(And(ContainSubstring("not started within 400ms"), ContainSubstring("maxPods"))))
		}
		w.expectNothingLeft()
	})

	It("ends at once for what will never fit", func() {
		w.config.PodStartupTimeout = time.Hour
		w.start()
		node.refuseWith("next", "OutOfmemory", "Node didn't have enough resource: memory, requested: 4096, used: 0, capacity: 2048")
		Eventually(w.createInBackground(task("next"))).Should(Receive(MatchError(And(
			ContainSubstring("OutOfmemory"), ContainSubstring("more memory than the node has")))))
		Expect(node.refused("next")()).To(Equal(1))
	})

	It("is given up for a container that is destroyed, and the next one's turn comes", func() {
		occupy("busy")
		first := w.createInBackground(task("first"))
		Eventually(node.refused("first")).Should(BeNumerically(">=", 1))
		second := w.createInBackground(task("second"))
		Consistently(second, "100ms").ShouldNot(Receive())
		Expect(w.backend.Destroy("first")).To(Succeed())
		Eventually(first).Should(Receive(MatchError(ContainSubstring("destroyed while it was starting"))))
		Eventually(node.refused("second")).Should(BeNumerically(">=", 1))
		Expect(w.backend.Destroy("busy")).To(Succeed())
		Eventually(second).Should(Receive(BeNil()))
	})

	It("is given up for a container that is destroyed while it waits behind another", func() {
		occupy("busy")
		w.createInBackground(task("first"))
		Eventually(node.refused("first")).Should(BeNumerically(">=", 1))
		second := w.createInBackground(task("second"))
		Eventually(func() string { return waitsFor("second") }).Should(ContainSubstring("others of this worker came before"))
		Expect(w.backend.Destroy("second")).To(Succeed())
		Eventually(second).Should(Receive(MatchError(ContainSubstring("destroyed while it was starting"))))
		Expect(node.created("second")).To(BeEmpty())
	})

	Describe("says", func() {
		It("what there is too little of, who has it, and what to raise", func() {
			w.config.PodStartupTimeout = time.Hour
			w.start()
			node.grow(4)
			occupy("a")
			occupy("b")
			w.create(task("c")) // about to run
			node.take("another's")
			w.createInBackground(task("next"))
			Eventually(node.refused("next")).Should(BeNumerically(">=", 1))
			Eventually(func() string { return waitsFor("next") }).Should(And(
				ContainSubstring("4 of the node's 4 pods are taken"),
				ContainSubstring("3 pods of this worker run"),
				ContainSubstring("1 are others'"),
				ContainSubstring("maxPods"),
				ContainSubstring("max active tasks"),
			))
		})

		It("how many have ended, whose place it can't have", func() {
			w.config.PodStartupTimeout = time.Hour
			w.start()
			node.grow(2)
			occupy("a")
			node.ran(w.create(task("b")), garden.ProcessSpec{ID: "task", Path: "make"}, 0)
			node.initOf("b").silence()
			w.createInBackground(task("next"))
			Eventually(node.refused("next")).Should(BeNumerically(">=", 1))
			Eventually(func() string { return waitsFor("next") }).Should(And(
				ContainSubstring("1 pod of this worker run"), ContainSubstring("1 have ended or wait for their next check"), ContainSubstring("0 are others'")))
		})

		It("so of CPU", func() {
			node.lackCPU("next", true)
			occupy("a")
			w.createInBackground(task("next"))
			Eventually(node.refused("next")).Should(BeNumerically(">=", 1))
			Eventually(func() string { return waitsFor("next") }).Should(And(
				ContainSubstring("1500m of the node's 2 cpu are taken, and the pod asks for 1"),
				ContainSubstring("1 pod of this worker runs (0 cpu), 0 have ended or wait for their next check (0 cpu), others' pods have 1500m cpu"),
				ContainSubstring("container_limits.cpu"),
			))
		})
	})
})
