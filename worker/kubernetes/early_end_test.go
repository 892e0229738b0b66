package kubernetes_test

import (
	"os"
	"sync/atomic"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a pod that is deleted after its init answered and before anything may run in it", func() {
	var (
		w    *world
		cuts *atomic.Int32
	)

	BeforeEach(func() {
		w = newWorld()
		w.whenCreated(running)
		cuts = new(atomic.Int32)
	})

	// deletedOnce has the first pod deleted while it is cut off from the network, which is the
	// last thing that a start does.
	deletedOnce := func() {
		w.config.CutOffNetwork = func(*os.File) error {
			defer GinkgoRecover()
			if cuts.Add(1) == 1 {
				Expect(w.client.Tracker().Delete(podResource, namespace, w.pod().Name)).To(Succeed())
				Eventually(func() bool { return w.backend.HasSeenPodGo(handle) }).Should(BeTrue())
			}
			return nil
		}
		w.start()
	}

	hermetic := func(spec garden.ContainerSpec) garden.ContainerSpec {
		spec.NetOut = nil
		return spec
	}

	It("has a container of checks be made anew, and not be hidden for ever", func() {
		deletedOnce()
		container := w.create(hermetic(check()))
		Expect(cuts.Load()).To(BeEquivalentTo(2))
		Expect(w.backend.Lookup(handle)).To(BeIdenticalTo(container))
		Expect(w.backend.Containers(nil)).To(HaveLen(1))
		process, err := container.Run(garden.ProcessSpec{Path: "/opt/resource/check"}, garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		w.init.exit <- 0
		Expect(process.Wait()).To(BeZero())
		Expect(w.pods()).To(HaveLen(1))
	})

	It("has a step hear why it can't run", func() {
		deletedOnce()
		container := w.create(hermetic(task()))
		_, err := container.Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
		Expect(err).To(MatchError(ContainSubstring("the pod was deleted")))
		Expect(w.backend.Containers(nil)).To(HaveLen(1))
		Expect(w.backend.Destroy(handle)).To(Succeed())
		w.expectNothingLeft()
	})

	It("has a step hear so also after a restart of the worker", func() {
		deletedOnce()
		w.create(hermetic(task()))
		Eventually(func() string { return w.record(handle) }).Should(ContainSubstring(`"phase":"ended"`))
		w.start()
		w.create(hermetic(task()))
		_, err := w.lookup().Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
		Expect(err).To(MatchError(ContainSubstring("the pod was deleted")))
	})
})
