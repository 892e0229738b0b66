package kubernetes_test

import (
	"errors"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("A hermetic container", func() {
	var (
		w        *world
		hermetic garden.ContainerSpec
	)

	BeforeEach(func() {
		w = newWorld()
		hermetic = task()
		hermetic.NetOut = nil
	})

	It("is cut off from the network before anything runs in it", func() {
		w.whenCreated(running)
		w.create(hermetic)
		Expect(w.cutOff).To(Equal([]int{initPID}))
		Expect(w.init.started).To(BeEmpty())
	})

	It("is looked for by what the kubelet reports, and not by what its socket says", func() {
		created := make(chan error, 1)
		go func() {
			_, err := w.backend.Create(hermetic)
			created <- err
		}()
		Eventually(w.pods).Should(HaveLen(1))
		Consistently(created, "100ms").ShouldNot(Receive())
		Expect(w.verified).To(BeEmpty())

		w.setStatus(running)
		Eventually(created).Should(Receive(BeNil()))
		Expect(w.verified).To(Equal([]string{"4711 of containerd://c0ffee"}))
	})

	It("does not start if its socket leads to another process, of which nothing is cut off", func() {
		w.whenCreated(running)
		w.verifyErr = errors.New("it executes another file")
		_, err := w.backend.Create(hermetic)
		Expect(err).To(MatchError(ContainSubstring("cut the hermetic step off from the network: it executes another file")))
		Expect(w.cutOff).To(BeEmpty())
		w.expectNothingLeft()
	})

	It("does not start if its pod ends before the kubelet has reported it", func() {
		w.whenCreated(evicted)
		_, err := w.backend.Create(hermetic)
		Expect(err).To(MatchError(ContainSubstring("Evicted")))
		Expect(w.cutOff).To(BeEmpty())
	})

	It("does not start if it can't be cut off", func() {
		w.whenCreated(running)
		w.cutOffErr = errors.New("not permitted")
		_, err := w.backend.Create(hermetic)
		Expect(err).To(MatchError(ContainSubstring("not permitted")))
		w.expectNothingLeft()
	})

	It("is none that may reach anything", func() {
		w.create(task())
		Expect(w.cutOff).To(BeEmpty())
	})
})
