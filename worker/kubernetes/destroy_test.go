package kubernetes_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clienttesting "k8s.io/client-go/testing"
)

var (
	podResource    = corev1.SchemeGroupVersion.WithResource("pods")
	secretResource = corev1.SchemeGroupVersion.WithResource("secrets")
)

var _ = Describe("the pod of a container that was not created", func() {
	var w *world

	BeforeEach(func() {
		w = newWorld()
	})

	It("is removed, if there is one because the API server's answer got lost, and has the handle until it is gone", func() {
		w.config.PodStartupTimeout = 200 * time.Millisecond
		w.start()
		w.client.PrependReactor("create", "pods", func(action clienttesting.Action) (bool, runtime.Object, error) {
			created := action.(clienttesting.CreateAction).GetObject()
			w.client.Tracker().Create(podResource, created, namespace)
			return true, nil, context.DeadlineExceeded
		})
		w.ignoreDeletions()
		_, err := w.backend.Create(task())
		Expect(err).To(MatchError(ContainSubstring("the API server did not answer in time")))
		Expect(w.pods()).To(HaveLen(1))
		Consistently(w.stateDirs, "400ms").Should(HaveLen(1))

		Expect(w.client.Tracker().Delete(podResource, namespace, podName)).To(Succeed())
		w.expectNothingLeft()
	})

	It("is left alone if it is another's that has its name", func() {
		Expect(w.client.Tracker().Add(&corev1.Pod{ObjectMeta: objectMeta(podName)})).To(Succeed())
		_, err := w.backend.Create(task())
		Expect(err).To(MatchError(And(ContainSubstring("already exists"), ContainSubstring("delete it"))))
		Eventually(w.stateDirs).Should(BeEmpty())
		Expect(w.pods()).To(HaveLen(1))
	})
})

var _ = Describe("deleting a pod", func() {
	It("means that pod, and no later one of its name", func() {
		w := newWorld()
		w.client.PrependReactor("create", "pods", func(action clienttesting.Action) (bool, runtime.Object, error) {
			action.(clienttesting.CreateAction).GetObject().(*corev1.Pod).UID = "the-first"
			return false, nil, nil
		})
		w.create(task())
		Expect(w.backend.Destroy(handle)).To(Succeed())

		var uids []*types.UID
		for _, action := range w.client.Actions() {
			if deletion, ok := action.(clienttesting.DeleteAction); ok && action.GetResource() == podResource {
				uids = append(uids, deletion.GetDeleteOptions().Preconditions.UID)
			}
		}
		Expect(uids).To(HaveExactElements(HaveValue(BeEquivalentTo("the-first"))))
	})
})
