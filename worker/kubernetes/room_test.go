package kubernetes_test

import (
	"fmt"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clienttesting "k8s.io/client-go/testing"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes"
)

var _ = Describe("a pod that its node has no room for", func() {
	var (
		w      *world
		node   *fullNode
		failed chan error
	)

	BeforeEach(func() {
		w = newWorld()
		node = &fullNode{init: w.init}
		failed = make(chan error, 1)
		node.full.Store(true)
		w.init.silence()
		w.client.PrependReactor("create", "pods", node.admit)
	})

	create := func() {
		go func(backend *kubernetes.Backend, failed chan<- error) {
			_, err := backend.Create(privateTask())
			failed <- err
		}(w.backend, failed)
		Eventually(node.created.Load).Should(BeNumerically(">", 2))
	}

	It("is created again until there is", func() {
		create()
		Expect(failed).NotTo(Receive())
		node.full.Store(false)

		Eventually(failed).Should(Receive(BeNil()))
		Expect(w.pods()).To(HaveExactElements(HaveField("Status.Reason", BeEmpty())))
		Expect(w.log).To(gbytes.Say("waiting-for-room.*OutOfcpu"))
	})

	It("hands its pull secret on to the next", func() {
		create()
		node.full.Store(false)
		Eventually(failed).Should(Receive(BeNil()))
		Expect(w.secrets()).To(HaveLen(1))
		Expect(w.secrets()[0].OwnerReferences).To(HaveExactElements(HaveField("UID", w.pod().UID)))
	})

	It("does not own its pull secret when it is deleted, with which that would go", func() {
		node, client := node, w.client // the next spec has others
		client.PrependReactor("delete", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
			defer GinkgoRecover()
			if node.full.Load() {
				secret, err := client.Tracker().Get(secretResource, namespace, podName)
				Expect(err).NotTo(HaveOccurred())
				Expect(secret.(*corev1.Secret).OwnerReferences).To(BeEmpty())
			}
			return false, nil, nil
		})
		create()
		node.full.Store(false)
		Eventually(failed).Should(Receive(BeNil()))
	})

	It("fails its step when the time is up, and says what to do", func() {
		w.config.PodStartupTimeout = 500 * time.Millisecond
		w.start()
		create()
		Eventually(failed).Should(Receive(MatchError(And(
			ContainSubstring("not started within 500ms: OutOfcpu: Node didn't have enough resource: cpu"),
			ContainSubstring("the node is full")))))
		w.expectNothingLeft()
	})

	It("is waited for no longer when the container is destroyed", func() {
		create()
		Expect(w.backend.Destroy(handle)).To(Succeed())
		Eventually(failed).Should(Receive(MatchError(ContainSubstring("destroyed while it was starting"))))
		w.expectNothingLeft()
	})

	It("is created again by a worker that was restarted meanwhile", func() {
		create()
		// The pod has to be there when the worker stops.
		w.ignoreDeletions()
		Eventually(w.pods).Should(HaveLen(1))
		Expect(w.backend.Stop()).To(Succeed())
		Eventually(failed).Should(Receive(HaveOccurred()))
		Expect(w.pods()).To(HaveLen(1))
		w.keepsPods.Store(false)

		node.full.Store(false)
		w.start()
		w.create(privateTask())
		Expect(w.pods()).To(HaveExactElements(HaveField("Status.Reason", BeEmpty())))
		Expect(w.secrets()).To(HaveLen(1))
	})
})

// fullNode has its kubelet refuse pods while it is full. It belongs to one spec: a worker
// may go on to create a pod after the spec.
type fullNode struct {
	init    *fakeInit
	full    atomic.Bool
	created atomic.Int32
}

func (n *fullNode) admit(action clienttesting.Action) (bool, runtime.Object, error) {
	pod := action.(clienttesting.CreateAction).GetObject().(*corev1.Pod)
	pod.UID = types.UID(fmt.Sprintf("pod-%d", n.created.Add(1)))
	if n.full.Load() {
		pod.Status = corev1.PodStatus{Phase: corev1.PodFailed, Reason: "OutOfcpu", Message: "Node didn't have enough resource: cpu"}
	} else {
		n.init.answer()
	}
	return false, nil, nil
}
