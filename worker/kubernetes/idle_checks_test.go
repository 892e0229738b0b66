package kubernetes_test

import (
	"time"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/contract"
)

var _ = Describe("the pod of a container of checks", func() {
	var (
		w    *world
		node *fakeNode
	)

	const timeout = 200 * time.Millisecond

	BeforeEach(func() {
		w = newWorld()
		w.config.IdleCheckTimeout = timeout
		node = newFakeNode(w, 10)
	})

	run := func(container garden.Container) garden.Process {
		GinkgoHelper()
		process, err := container.Run(garden.ProcessSpec{Path: "/opt/resource/check"}, garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		return process
	}

	It("goes by itself when nothing was checked in it for a while, and the container says so", func() {
		node.ends(handle, run(w.create(check())), 0)
		Eventually(node.has(handle)).Should(BeFalse())
		Expect(w.lookup().Property(contract.GaveWay)).To(And(
			ContainSubstring("nothing was checked in it for 200ms"), ContainSubstring("--kubernetes-idle-check-timeout")))
		_, err := w.lookup().Run(garden.ProcessSpec{Path: "/opt/resource/check"}, garden.ProcessIO{})
		Expect(err).To(MatchError(ContainSubstring("nothing was checked in it for 200ms")))
		Expect(w.backend.Destroy(handle)).To(Succeed())
		w.expectNothingLeft()
	})

	It("stays while a check runs, and goes after it", func() {
		process := run(w.create(check()))
		Consistently(node.has(handle), 3*timeout).Should(BeTrue())
		node.ends(handle, process, 0)
		Eventually(node.has(handle)).Should(BeFalse())
	})

	It("stays while one check follows another", func() {
		container := w.create(check())
		Consistently(func() bool {
			node.ends(handle, run(container), 0)
			return node.has(handle)()
		}, 3*timeout).Should(BeTrue())
	})

	It("stays while web looks for it, as it does before each check", func() {
		node.ends(handle, run(w.create(check())), 0)
		Consistently(func() bool {
			w.lookup()
			return node.has(handle)()
		}, 3*timeout).Should(BeTrue())
	})

	It("stays before the first check", func() {
		w.create(check())
		Consistently(node.has(handle), 3*timeout).Should(BeTrue())
	})

	It("goes so also after a restart of the worker, to which nobody comes back", func() {
		node.ends(handle, run(w.create(check())), 0)
		w.start()
		Eventually(node.has(handle)).Should(BeFalse())
		Expect(w.backend.Containers(nil)).To(HaveLen(1))
	})

	It("stays if it is a step's, however long nothing runs in it", func() {
		node.ran(w.create(task()), garden.ProcessSpec{ID: "task", Path: "make"}, 0)
		Consistently(node.has(handle), 3*timeout).Should(BeTrue())
	})
})

var _ = Describe("the capacity of a worker", func() {
	It("is the number of pods that its node takes now", func() {
		w := newWorld()
		maxPods := 17
		w.config.MaxPods = func() int { return maxPods }
		w.start()
		Expect(w.backend.Capacity()).To(Equal(garden.Capacity{MaxContainers: 17}))
		maxPods = 250
		Expect(w.backend.Capacity()).To(Equal(garden.Capacity{MaxContainers: 250}))
	})
})
