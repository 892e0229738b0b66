package kubernetes_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a worker that is stopped while it removes a container", func() {
	It("does not wait for the pod, of which it hears nothing any more, and leaves it to the next worker", func() {
		w := newWorld()
		w.create(task())
		w.ignoreDeletions()
		w.backend.BePatient()
		destroyed := make(chan error, 1)
		go func() { destroyed <- w.backend.Destroy(handle) }()
		Eventually(w.backend.IsBeingRemoved).WithArguments(handle).Should(BeTrue())
		Expect(w.backend.Stop()).To(Succeed())
		Eventually(destroyed).Should(Receive(MatchError(MatchRegexp("worker worker-1 disappeared: it was stopped while it removed pod ci/"))))

		w.keepsPods.Store(false)
		w.start()
		Expect(w.backend.Destroy(handle)).To(Succeed())
		w.expectNothingLeft()
	})
})
