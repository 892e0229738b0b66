package kubernetes_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clienttesting "k8s.io/client-go/testing"
)

// answer is what the API server says in refusing a request.
func answer(code int32, reason metav1.StatusReason, message string) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: code, Reason: reason, Message: message}}
}

func forbidden(message string) error {
	return apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, podName, errors.New(message))
}

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
	webhookDown := apierrors.NewInternalError(errors.New(`failed calling webhook "pods.example.com": connection refused`))
	const denied = `admission webhook "pods.example.com" denied the request: not here`

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
		Entry("if its etcd changes its leader", "create", "pods", answer(500, "", "etcdserver: leader changed")),
		Entry("if a webhook of the cluster is down", "create", "pods", webhookDown),
		Entry("if a proxy before it has nobody to ask", "create", "pods", answer(502, "", "bad gateway")),
		Entry("if it charged a quota for two pods at once", "create", "pods", apierrors.NewConflict(
			schema.GroupResource{Resource: "resourcequotas"}, "some-quota", errors.New("the object has been modified; please apply your changes to the latest version and try again"))),
		Entry("if it has not read the namespace's quotas yet", "create", "pods", forbidden("status unknown for quota: some-quota, resources: pods")),
		Entry("if it has just started", "create", "pods", forbidden("not yet ready to handle request")),
		Entry("if this client asks too much at once", "create", "pods", errors.New("client rate limiter Wait returned an error: rate: Wait(n=1) would exceed context deadline")),
	)

	DescribeTable("does not ask again for what it will always refuse",
		func(err error) {
			failing("create", "pods", 1<<20, err)
			_, failed := w.backend.Create(task())
			Expect(failed).To(MatchError(ContainSubstring(err.Error())))
			Expect(requests.Load()).To(BeEquivalentTo(1))
		},
		Entry("by a webhook", answer(403, metav1.StatusReasonForbidden, denied)),
		Entry("by a webhook that answers like a broken server", answer(500, metav1.StatusReasonInternalError, denied)),
		Entry("by RBAC", forbidden("User \"worker\" cannot create resource \"pods\"")),
		Entry("by a quota that has too little for it in any case", forbidden("exceeded quota: some-quota, requested: requests.memory=2Gi, used: requests.memory=0, limited: requests.memory=1Gi")),
		Entry("as a field is wrong", apierrors.NewBadRequest("unknown field")),
	)

	It("waits for a quota that others use up, and names it", func() {
		failing("create", "pods", 3, forbidden("exceeded quota: some-quota, requested: pods=1, used: pods=10, limited: pods=10"))
		w.create(task())
		Expect(requests.Load()).To(BeEquivalentTo(4))
		Expect(w.log).To(gbytes.Say("waiting-for-room.*some-quota"))
	})

	It("says what to do about a webhook that stays down", func() {
		w.config.PodStartupTimeout = 200 * time.Millisecond
		w.start()
		failing("create", "pods", 1<<20, webhookDown)
		_, err := w.backend.Create(task())
		Expect(err).To(MatchError(And(
			ContainSubstring("not started within 200ms: create the pod: Internal error occurred: failed calling webhook"),
			ContainSubstring("exempt the workers' namespace"))))
	})

	DescribeTable("removes a container all the same",
		func(verb, resource string, err error) {
			w.create(privateTask())
			failing(verb, resource, 3, err)
			Expect(w.backend.Destroy(handle)).To(Succeed())
			w.expectNothingLeft()
		},
		Entry("its pod", "delete", "pods", refused),
		Entry("its Secret", "delete", "secrets", answer(500, "", "etcdserver: leader changed")),
	)

	It("removes a pod without state, which an earlier worker left, once it is back", func() {
		w.create(task())
		Expect(w.backend.Stop()).To(Succeed())
		Expect(os.RemoveAll(filepath.Join(w.config.StateDir, handle))).To(Succeed())
		failing("delete", "pods", 3, refused)
		w.start()
		Eventually(w.pods).Should(BeEmpty())
	})

	It("makes room for another pod of a node that was full", func() {
		failing("delete", "pods", 3, refused)
		var refusedOnce atomic.Bool
		w.whenCreated(func(status *corev1.PodStatus) {
			if !refusedOnce.Swap(true) {
				status.Phase, status.Reason, status.Message = corev1.PodFailed, "OutOfpods", "node is full"
				w.init.silence()
				return
			}
			w.init.answer()
		})
		w.create(task())
	})

	DescribeTable("takes what it created for created, though the answer got lost",
		func(resource string) {
			w.client.PrependReactor("create", resource, func(action clienttesting.Action) (bool, runtime.Object, error) {
				if requests.Add(1) > 1 {
					return false, nil, nil
				}
				created := action.(clienttesting.CreateAction).GetObject()
				if resource == "pods" {
					w.uids.identify(action)
				}
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
