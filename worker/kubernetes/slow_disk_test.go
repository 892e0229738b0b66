package kubernetes_test

import (
	"errors"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a disk that does not come to an end with a write", func() {
	var w *world

	BeforeEach(func() {
		w = newWorld()
	})

	// inBackground returns a channel with the end of a write that does not come.
	inBackground := func(write func() error) chan error {
		GinkgoHelper()
		written := make(chan error, 1)
		go func() { written <- write() }()
		Consistently(written, "100ms").ShouldNot(Receive())
		return written
	}

	atOnce := func(read func()) {
		GinkgoHelper()
		done := make(chan struct{})
		go func() {
			defer GinkgoRecover()
			defer close(done)
			read()
		}()
		Eventually(done).Should(BeClosed())
	}

	It("keeps no request waiting that only reads a container's record, which stays what it was", func() {
		container := w.create(task())
		Expect(container.SetProperty("some-name", "before")).To(Succeed())
		letGo := w.backend.BlockRecords(handle, errors.New("no space left"))
		written := inBackground(func() error { return container.SetProperty("some-name", "after") })

		atOnce(func() {
			Expect(container.Property("some-name")).To(Equal("before"))
			Expect(w.backend.Containers(garden.Properties{"some-name": "before"})).To(HaveLen(1))
			_, err := w.backend.Lookup(handle)
			Expect(err).NotTo(HaveOccurred())
			_, err = container.Info()
			Expect(err).NotTo(HaveOccurred())
		})
		letGo()
		Eventually(written).Should(Receive(MatchError(ContainSubstring("no space left"))))
		Expect(container.Property("some-name")).To(Equal("before"))
	})

	It("keeps no container waiting whose image needs no login", func() {
		letGo := w.backend.BlockPrivateRepositories()
		created := inBackground(func() error {
			_, err := w.backend.Create(privateTask())
			return err
		})
		atOnce(func() {
			other := task()
			other.Handle = "2b3c4d5e-0000-4000-8000-1234567890ab"
			w.create(other)
		})
		letGo()
		Eventually(created).Should(Receive())
	})

	It("keeps no other container waiting while one is removed", func() {
		w.create(task())
		other := task()
		other.Handle = "2b3c4d5e-0000-4000-8000-1234567890ab"
		w.create(other)
		letGo := w.backend.BlockRenames()
		destroyed := inBackground(func() error { return w.backend.Destroy(handle) })

		atOnce(func() {
			_, err := w.backend.Lookup(other.Handle)
			Expect(err).NotTo(HaveOccurred())
			third := task()
			third.Handle = "3c4d5e6f-0000-4000-8000-1234567890ab"
			w.create(third)
		})
		By("not giving the handle away before the state is gone")
		Expect(w.stateDirs()).To(HaveLen(3))
		Consistently(destroyed, "100ms").ShouldNot(Receive())
		letGo()
		Eventually(destroyed).Should(Receive(BeNil()))
		Expect(w.stateDirs()).To(HaveLen(2))
	})
})
