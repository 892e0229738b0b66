package kubernetes_test

import (
	"time"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

var _ = Describe("a worker that was restarted while a pod started", func() {
	var w *world

	BeforeEach(func() {
		w = newWorld()
	})

	// interrupt has the worker back before the pod's init answers.
	interrupt := func(spec garden.ContainerSpec) {
		GinkgoHelper()
		w.create(spec)
		w.wasStarting(handle)
		w.cutOff = nil
		w.init.silence()
		w.start()
		_, err := w.backend.Lookup(handle)
		Expect(err).To(Equal(garden.ContainerNotFoundError{Handle: handle}))
	}

	It("goes on with it, for who asks again", func() {
		interrupt(task())
		time.AfterFunc(50*time.Millisecond, w.init.answer)

		container := w.create(task())
		_, err := container.Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		Expect(w.init.started).To(HaveExactElements(HaveField("Env", []string{"TOKEN=s3cret-env"})))
	})

	It("serves its image again if that is a volume", func() {
		spec := task()
		spec.RootFSPath = "raw:///volumes/live/x/volume/rootfs"
		interrupt(spec)
		w.init.answer()
		w.create(spec)
		Expect(w.volumeImages.asked.Load()).To(BeEquivalentTo(2))
	})

	It("cuts a hermetic step off all the same", func() {
		hermetic := task()
		hermetic.NetOut = nil
		w.whenCreated(running)
		interrupt(hermetic)
		w.init.answer()
		w.create(hermetic)
		Expect(w.cutOff).To(HaveExactElements(initPID))
	})

	It("logs why the pod does not start, and leaves nothing behind", func() {
		interrupt(privateTask())
		w.setStatus(waiting("ErrImagePull", "not found"))
		Eventually(w.log).Should(gbytes.Say("ErrImagePull: not found"))
		Eventually(w.stateDirs).Should(BeEmpty())
		w.expectNothingLeft()
	})
})

var _ = Describe("a worker that is stopped while a pod starts", func() {
	It("tells web in the words for which it runs the step again, and leaves the pod to the next worker", func() {
		w := newWorld()
		w.init.silence()
		failed := make(chan error)
		go func() {
			_, err := w.backend.Create(task())
			failed <- err
		}()
		Eventually(w.pods).Should(HaveLen(1))
		Expect(w.backend.Stop()).To(Succeed())
		Eventually(failed).Should(Receive(MatchError(MatchRegexp("worker .+ disappeared"))))

		By("leaving the pod to the worker that comes after it")
		Consistently(w.pods, "100ms").Should(HaveLen(1))
		Expect(w.stateDirs()).To(HaveLen(1))
	})
})
