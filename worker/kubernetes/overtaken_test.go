package kubernetes_test

import (
	"time"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes"
)

var _ = Describe("an abort that overtakes the request to create its container", func() {
	var w *world

	BeforeEach(func() {
		w = newWorld()
		Expect(w.backend.Destroy(handle)).To(Equal(garden.ContainerNotFoundError{Handle: handle}))
	})

	It("has that request fail and make nothing", func() {
		_, err := w.backend.Create(task())
		Expect(err).To(MatchError(And(ContainSubstring("create container "+handle), ContainSubstring("it was destroyed before"))))
		Expect(w.pods()).To(BeEmpty())
		Expect(w.stateDirs()).To(BeEmpty())
		Expect(w.backend.Containers(nil)).To(BeEmpty())
	})

	It("has each such request fail, however often it is made", func() {
		for range 2 {
			_, err := w.backend.Create(task())
			Expect(err).To(MatchError(ContainSubstring("it was destroyed before")))
		}
	})

	It("leaves other handles free", func() {
		w.create(named(task(), "another"))
	})

	It("is forgotten once no request can be that late", func() {
		w.backend.AgeDestroyed(kubernetes.Overtaken - time.Minute)
		_, err := w.backend.Create(task())
		Expect(err).To(HaveOccurred())

		w.backend.AgeDestroyed(2 * time.Minute)
		w.create(task())
	})

	It("takes no memory for ever", func() {
		w.backend.AgeDestroyed(kubernetes.Overtaken + time.Minute)
		Expect(w.backend.Destroy("another")).To(Equal(garden.ContainerNotFoundError{Handle: "another"}))
		Expect(w.backend.AgeDestroyed(0)).To(HaveExactElements("another"))
	})
})

// named is a container with another handle.
func named(spec garden.ContainerSpec, handle string) garden.ContainerSpec {
	spec.Handle = handle
	return spec
}
