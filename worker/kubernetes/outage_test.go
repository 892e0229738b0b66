package kubernetes_test

import (
	"context"
	"net/url"
	"sync/atomic"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"
)

var _ = Describe("creating a container while the API server is away", func() {
	var (
		w        *world
		requests atomic.Int32
	)

	BeforeEach(func() {
		w = newWorld()
		requests.Store(0)
	})

	// fails the first requests of a kind.
	failing := func(verb, resource string, failures int32, err error) {
		w.client.PrependReactor(verb, resource, func(clienttesting.Action) (bool, runtime.Object, error) {
			return requests.Add(1) <= failures, nil, err
		})
	}

	refused := &url.Error{Op: "Post", URL: "https://10.0.0.1", Err: syscall.ECONNREFUSED}

	DescribeTable("asks again until it is back",
		func(verb, resource string, err error) {
			failing(verb, resource, 3, err)
			w.create(privateTask())
			Expect(w.secrets()[0].OwnerReferences).To(HaveLen(1))
		},
		Entry("to create the pod", "create", "pods", refused),
		Entry("to create the Secret", "create", "secrets", refused),
		Entry("to give the Secret to the pod", "patch", "secrets", refused),
		Entry("if it says that it is starting", "create", "pods", apierrors.NewServiceUnavailable("starting")),
		Entry("if it says that it is overloaded", "create", "pods", apierrors.NewTooManyRequests("later", 1)),
		Entry("if it does not answer", "create", "pods", context.DeadlineExceeded),
	)

	DescribeTable("takes what it created for created, though the answer got lost",
		func(resource string) {
			w.client.PrependReactor("create", resource, func(action clienttesting.Action) (bool, runtime.Object, error) {
				if requests.Add(1) > 1 {
					return false, nil, nil
				}
				created := action.(clienttesting.CreateAction).GetObject()
				Expect(w.client.Tracker().Create(action.GetResource(), created, namespace)).To(Succeed())
				return true, nil, syscall.ECONNRESET
			})
			w.create(privateTask())
			Expect(w.pods()).To(HaveLen(1))
			Expect(w.secrets()).To(HaveLen(1))
		},
		Entry("a pod", "pods"),
		Entry("a Secret", "secrets"),
	)

	It("does not take another's pod of the name for its own", func() {
		Expect(w.client.Tracker().Add(&corev1.Pod{ObjectMeta: objectMeta(podName)})).To(Succeed())
		failing("create", "pods", 1, refused)
		_, err := w.backend.Create(task())
		Expect(err).To(MatchError(ContainSubstring("already exists")))
	})

	It("fails when its time is up, with what was asked and what came back", func() {
		w.config.PodStartupTimeout = 200 * time.Millisecond
		w.start()
		failing("create", "pods", 1<<20, refused)
		_, err := w.backend.Create(task())
		Expect(err).To(MatchError(ContainSubstring("not started within 200ms: create the pod: Post \"https://10.0.0.1\": connection refused")))
		w.expectNothingLeft()
	})

	It("ends when the container is destroyed", func() {
		failing("create", "pods", 1<<20, refused)
		failed := make(chan error, 1)
		go func() {
			_, err := w.backend.Create(task())
			failed <- err
		}()
		Eventually(requests.Load).Should(BeNumerically(">", 1))
		Expect(w.backend.Destroy(handle)).To(Succeed())
		Eventually(failed).Should(Receive(MatchError(ContainSubstring("destroyed while it was starting"))))
		w.expectNothingLeft()
	})
})
