package kubernetes_test

import (
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("A hermetic container", func() {
	var w *world

	BeforeEach(func() { w = newWorld() })

	It("is cut off from the network before anything runs in it", func() {
		hermetic := task()
		hermetic.NetOut = nil
		w.create(hermetic)
		Expect(w.cutOff).To(Equal([]int{initPID}))
		Expect(w.init.started).To(BeEmpty())
	})

	It("does not start if it can't be cut off", func() {
		w.cutOffErr = errors.New("not permitted")
		hermetic := task()
		hermetic.NetOut = nil
		_, err := w.backend.Create(hermetic)
		Expect(err).To(MatchError(ContainSubstring("not permitted")))
		w.expectNothingLeft()
	})

	It("is none that may reach anything", func() {
		w.create(task())
		Expect(w.cutOff).To(BeEmpty())
	})
})
