package kubernetes_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/contract"
)

var _ = Describe("containers that wait for a node to take one pod more", func() {
	var (
		w    *world
		node *fakeNode
	)

	BeforeEach(func() {
		w = newWorld()
		node = newFakeNode(w, 3)
		for _, handle := range []string{"a", "b", "c"} {
			w.create(named(task(), handle))
		}
	})

	// waits has a container more wait. It returns when that is in its place in the row.
	waits := func(handle string) <-chan error {
		GinkgoHelper()
		created := w.createInBackground(named(task(), handle))
		Eventually(func() string {
			waiting, _ := contract.ParseStillStarting(handle, w.createFor("10ms", named(task(), handle)))
			return waiting
		}).Should(Or(ContainSubstring("pods are taken"), ContainSubstring("others of this worker came before")))
		return created
	}

	It("have theirs taken in the order in which they came", func() {
		first, second, third := waits("first"), waits("second"), waits("third")
		for _, handle := range []string{"b", "a", "c"} {
			Expect(w.backend.Destroy(handle)).To(Succeed())
		}
		Eventually(first).Should(Receive(BeNil()))
		Eventually(second).Should(Receive(BeNil()))
		Eventually(third).Should(Receive(BeNil()))
		Expect(node.tookInOrder()).To(Equal([]string{"a", "b", "c", "first", "second", "third"}))
	})

	It("have one taken for each that goes", func() {
		first, second := waits("first"), waits("second")
		Expect(w.backend.Destroy("a")).To(Succeed())
		Eventually(first).Should(Receive(BeNil()))
		Consistently(second, "200ms").ShouldNot(Receive())
		Expect(w.backend.Destroy("b")).To(Succeed())
		Eventually(second).Should(Receive(BeNil()))
	})

	It("do not ask the API server for pods but for the first of them", func() {
		waits("first")
		second, third := waits("second"), waits("third")
		Eventually(node.refused("first")).Should(BeNumerically(">=", 3))
		Expect(node.created("second")).To(BeEmpty())
		Expect(node.created("third")).To(BeEmpty())
		Expect(second).NotTo(Receive())
		Expect(third).NotTo(Receive())
	})

	It("are not overtaken by one that comes when a pod goes", func() {
		first := waits("first")
		node.keep("a", true)
		destroyed := make(chan error, 1)
		go func(w *world) { destroyed <- w.backend.Destroy("a") }(w)
		newcomer := waits("newcomer")
		node.keep("a", false)
		Eventually(destroyed).Should(Receive())
		Expect(w.backend.Destroy("a")).To(Or(Succeed(), MatchError(ContainSubstring("unknown handle"))))

		Eventually(first).Should(Receive(BeNil()))
		Consistently(newcomer, "200ms").ShouldNot(Receive())
	})

	It("come before those that are still to be asked for, also if their pods take long to start", func() {
		node.slowDown("first")
		first := waits("first")
		second := waits("second")
		Expect(w.backend.Destroy("a")).To(Succeed())
		Expect(w.backend.Destroy("b")).To(Succeed())
		Eventually(second).Should(Receive(BeNil()), "the first one's pod has its place, and pulls")
		Expect(first).NotTo(Receive())
		node.initOf("first").answer()
		Eventually(first).Should(Receive(BeNil()))
	})

	It("do not wait for one that lacks something else", func() {
		node.lackCPU("greedy", true)
		node.grow(4)
		w.createInBackground(named(task(), "greedy"))
		Eventually(node.refused("greedy")).Should(BeNumerically(">=", 1))
		Eventually(w.createInBackground(named(task(), "modest"))).Should(Receive(BeNil()))
	})
})
