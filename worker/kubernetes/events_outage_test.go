package kubernetes_test

import (
	"errors"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"
)

var _ = Describe("a pod whose image could not be pulled, while the API server lists no events", func() {
	var (
		w      *world
		listed atomic.Int32
		failed chan error
		refuse atomic.Pointer[error]
	)

	BeforeEach(func() {
		w = newWorld()
		w.init.silence()
		listed.Store(0)
		failed = make(chan error, 1)
		w.client.PrependReactor("list", "events", func(clienttesting.Action) (bool, runtime.Object, error) {
			listed.Add(1)
			if err := refuse.Load(); err != nil {
				return true, nil, *err
			}
			return false, nil, nil
		})
	})

	listingFails := func(err error) { refuse.Store(&err) }
	listingWorks := func() { refuse.Store(nil) }

	create := func() {
		GinkgoHelper()
		go func() {
			_, err := w.backend.Create(privateTask())
			failed <- err
		}()
		Eventually(listed.Load).Should(BeNumerically(">", 0))
	}

	away := answer(500, "", "etcdserver: leader changed")
	notAllowed := forbidden(`User "worker" cannot list resource "events"`)

	Describe("which may be pulled again", func() {
		BeforeEach(func() { w.whenCreated(waiting("ErrImagePull", "dial tcp: connection refused")) })

		It("is waited for, and starts", func() {
			listingFails(away)
			create()
			Eventually(listed.Load).Should(BeNumerically(">", 2))
			Expect(failed).NotTo(Receive())
			w.init.answer()
			Eventually(failed).Should(Receive(BeNil()))
		})

		It("fails once the events are there and tell of no other pull", func() {
			listingFails(away)
			create()
			Expect(failed).NotTo(Receive())
			listingWorks()
			Eventually(failed).Should(Receive(MatchError(ContainSubstring("ErrImagePull: dial tcp: connection refused"))))
		})
	})

	It("is waited for, if its kubelet may have missed the Secret", func() {
		w.whenCreated(waiting("ErrImagePull", "unauthorized"))
		listingFails(away)
		create()
		w.init.answer()
		Eventually(failed).Should(Receive(BeNil()))
	})

	It("fails with both when its time is up", func() {
		w.config.PodStartupTimeout = time.Second
		w.start()
		w.whenCreated(waiting("ErrImagePull", "dial tcp: connection refused"))
		listingFails(away)
		create()
		Eventually(failed).Should(Receive(MatchError(ContainSubstring("not started within 1s: ErrImagePull: dial tcp: connection refused"))))
	})

	DescribeTable("fails with what to grant to a worker that may not list them",
		func(reason string) {
			w.whenCreated(waiting("ErrImagePull", reason))
			listingFails(notAllowed)
			create()
			Eventually(failed).Should(Receive(MatchError(And(
				ContainSubstring("ErrImagePull: "+reason),
				ContainSubstring("list events"), ContainSubstring("grant the worker's service account the verb list"),
			))))
		},
		Entry("the registry does not answer", "dial tcp: connection refused"),
		Entry("the registry wants a login", "unauthorized"),
	)

	It("says no less of one that took too long", func() {
		w.config.PodStartupTimeout = 300 * time.Millisecond
		w.start()
		listingFails(errors.New("no events"))
		_, err := w.backend.Create(task())
		Expect(err).To(MatchError(ContainSubstring("not started within 300ms")))
	})
})
