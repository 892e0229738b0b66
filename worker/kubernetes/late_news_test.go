package kubernetes_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"
)

var _ = Describe("a container that has the handle of one before it", func() {
	It("is not ended by what the watch tells late of the former one's pod", func() {
		w := newWorld()
		w.create(task())

		By("removing the container while the API server knows more than the watch")
		w.client.PrependReactor("delete", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
			return true, nil, apierrors.NewNotFound(podResource.GroupResource(), podName)
		})
		Expect(w.backend.Destroy(handle)).To(Succeed())

		By("having the watch tell of it before the API server answers that the next pod is created")
		w.client.PrependReactor("create", "pods", func(action clienttesting.Action) (bool, runtime.Object, error) {
			action.(clienttesting.CreateAction).GetObject().(*corev1.Pod).UID = "the-next"
			if w.client.Tracker().Delete(podResource, namespace, podName) == nil {
				for range 20 {
					if w.backend.HasSeenPodGo(handle) {
						break
					}
					time.Sleep(10 * time.Millisecond) // nothing tells that it is ignored
				}
			}
			return false, nil, nil
		})
		w.create(task())
		Expect(w.pod().UID).To(BeEquivalentTo("the-next"))
		Expect(w.lookup().Info()).To(HaveField("State", "active"))
	})
})
