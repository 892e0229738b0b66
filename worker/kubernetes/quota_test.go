package kubernetes_test

import (
	"sync/atomic"
	"time"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

var _ = Describe("a pod for which the namespace's quota has too little left", func() {
	const exceeded = "exceeded quota: some-quota, requested: pods=1, used: pods=10, limited: pods=10"

	var (
		w       *world
		node    *fakeNode
		quota   *atomic.Pointer[string] // what the API server says to a pod of the container
		refused *atomic.Int32
	)

	BeforeEach(func() {
		w = newWorld()
		w.config.PodStartupTimeout = 400 * time.Millisecond
		node = newFakeNode(w, 10)
		said, count := new(atomic.Pointer[string]), new(atomic.Int32)
		quota, refused = said, count
		quota.Store(new(exceeded))
		w.client.PrependReactor("create", "pods", func(action clienttesting.Action) (bool, runtime.Object, error) {
			isOf := pod.Handle(action.(clienttesting.CreateAction).GetObject().(*corev1.Pod)) == handle
			if words := said.Load(); isOf && words != nil {
				count.Add(1)
				return true, nil, forbidden(*words)
			}
			return false, nil, nil
		})
	})

	It("waits while others of the worker run, and is made once there is some", func() {
		w.create(named(task(), "busy"))
		created := w.createInBackground(privateTask())
		Consistently(created, "1s").ShouldNot(Receive())
		Expect(refused.Load()).To(BeNumerically(">", 2))
		quota.Store(nil)
		Eventually(created).Should(Receive(BeNil()))
		Expect(w.secrets()).To(HaveLen(1))
		Expect(w.secrets()[0].OwnerReferences).To(HaveLen(1))
	})

	It("says which quota that is, and what to do", func() {
		w.create(named(task(), "busy"))
		Eventually(func() error { return w.createFor("20ms", task()) }).Should(MatchError(And(
			ContainSubstring("is still starting"),
			ContainSubstring(`ResourceQuota "some-quota": 10 of 10 pods are used, and the pod asks for 1`),
			ContainSubstring("1 pod of this worker run"),
			ContainSubstring("raise the quota"))))
	})

	It("takes the place of a container in which nothing runs any more", func() {
		node.ran(w.create(named(task(), "idle")), garden.ProcessSpec{ID: "task", Path: "make"}, 0)
		w.create(named(task(), "busy"))
		created := w.createInBackground(task())
		Eventually(node.has("idle")).Should(BeFalse())
		quota.Store(nil)
		Eventually(created).Should(Receive(BeNil()))
		idle, err := w.backend.Lookup("idle")
		Expect(err).NotTo(HaveOccurred())
		Expect(idle.Properties()).To(HaveKey(contract.GaveWay))
	})

	It("fails with the API server's words when the time is up and no other of the worker runs", func() {
		Eventually(w.createInBackground(privateTask())).Should(Receive(MatchError(And(
			ContainSubstring("not started within 400ms"), ContainSubstring(exceeded), ContainSubstring("raise it")))))
		w.expectNothingLeft()
	})

	It("fails at once if it asks for more than the quota has", func() {
		w.create(named(task(), "busy"))
		quota.Store(new("exceeded quota: some-quota, requested: limits.memory=4Gi, used: limits.memory=0, limited: limits.memory=2Gi"))
		Eventually(w.createInBackground(task())).Should(Receive(MatchError(ContainSubstring("exceeded quota: some-quota"))))
		Expect(refused.Load()).To(BeEquivalentTo(1))
	})

	It("is waited for no longer when the container is destroyed", func() {
		w.create(named(task(), "busy"))
		created := w.createInBackground(privateTask())
		Eventually(refused.Load).Should(BeNumerically(">", 1))
		Expect(w.backend.Destroy(handle)).To(Succeed())
		Eventually(created).Should(Receive(MatchError(ContainSubstring("destroyed while it was starting"))))
		Eventually(w.secrets).Should(BeEmpty())
	})
})
