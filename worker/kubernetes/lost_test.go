package kubernetes_test

import (
	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/contract"
)

var _ = Describe("a container whose node took its pod away", func() {
	var (
		w         *world
		container garden.Container
	)

	BeforeEach(func() {
		w = newWorld()
		container = w.create(task())
	})

	run := func() garden.Process {
		GinkgoHelper()
		process, err := container.Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		return process
	}
	isTaken := func() {
		GinkgoHelper()
		w.setStatus(func(status *corev1.PodStatus) {
			status.Phase, status.Reason, status.Message = corev1.PodFailed, "Evicted", "The node was low on resource: memory."
		})
		Eventually(func() string { info, _ := container.Info(); return info.State }).Should(Equal("stopped"))
	}
	properties := func() garden.Properties {
		all, err := w.lookup().Properties()
		Expect(err).NotTo(HaveOccurred())
		return all
	}

	It("is lost, so that web may run the step again", func() {
		process := run()
		isTaken()
		_, err := process.Wait()
		Expect(err).To(MatchError(MatchRegexp("worker worker-1 disappeared: the pod ended: Evicted")))
		Expect(properties()).To(HaveKeyWithValue(contract.Lost, HavePrefix("worker worker-1 disappeared")))
	})

	It("is lost though nothing ran in it yet", func() {
		isTaken()
		Expect(properties()).To(HaveKey(contract.Lost))
	})

	It("is lost still after a restart of the worker", func() {
		run()
		isTaken()
		Eventually(func() string { return w.record(handle) }).Should(ContainSubstring(`"phase":"ended"`))
		w.start()
		Expect(properties()).To(HaveKey(contract.Lost))
	})

	Describe("after its process had ended", func() {
		BeforeEach(func() {
			process := run()
			w.init.exit <- 3
			Expect(process.Wait()).To(Equal(3))
		})

		It("is not lost, and says how the process ended", func() {
			isTaken()
			Expect(properties()).NotTo(HaveKey(contract.Lost))
			process, err := container.Attach("task", garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			Expect(process.Wait()).To(Equal(3))
		})

		It("says so after a restart of the worker too", func() {
			isTaken()
			Eventually(func() string { return w.record(handle) }).Should(ContainSubstring(`"phase":"ended"`))
			w.start()
			Expect(properties()).NotTo(HaveKey(contract.Lost))
			process, err := w.lookup().Attach("task", garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			Expect(process.Wait()).To(Equal(3))
		})
	})

	Describe("or of which the worker was restarted before the step's process had started", func() {
		const forgot = "^(.*: )?worker worker-1 disappeared: it was restarted before process task had started .* run the build again$"

		It("is lost, as nothing can be run in it any more", func() {
			w.start()
			_, err := w.lookup().Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
			Expect(err).To(MatchError(MatchRegexp(forgot)))
			Expect(properties()).To(HaveKeyWithValue(contract.Lost, MatchRegexp(forgot)))
			Eventually(w.pods).Should(BeEmpty())
		})

		It("is lost also if it was about to start", func() {
			run()
			Expect(w.backend.Stop()).To(Succeed())
			w.init.forget()
			w.start()
			process, err := w.lookup().Attach("task", garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			_, err = process.Wait()
			Expect(err).To(MatchError(MatchRegexp(forgot)))
			Expect(properties()).To(HaveKey(contract.Lost))
		})
	})

	It("is not lost where web knows how the step ended", func() {
		Expect(container.SetProperty("concourse:exit-status", "0")).To(Succeed())
		isTaken()
		Expect(properties()).NotTo(HaveKey(contract.Lost))
	})

	It("is not lost where the pod ended for itself", func() {
		run()
		w.setStatus(outOfMemory)
		Eventually(func() string { info, _ := container.Info(); return info.State }).Should(Equal("stopped"))
		Expect(properties()).NotTo(HaveKey(contract.Lost))
	})
})
