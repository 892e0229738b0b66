package kubernetes_test

import (
	"context"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

var _ = Describe("a copy of a container's pod, with its labels and annotations", func() {
	const uid = types.UID("the-copy's")

	var (
		w      *world
		copied *corev1.Pod
	)

	BeforeEach(func() {
		w = newWorld()
		w.create(task())
		copied = w.pod()
		copied.Name, copied.UID = "a-copy", uid // listed before the pod
		evicted(&copied.Status)
		Expect(w.client.Tracker().Add(copied)).To(Succeed())
	})

	state := func() string {
		container, err := w.backend.Lookup(handle)
		if err != nil {
			return err.Error()
		}
		info, err := container.Info()
		Expect(err).NotTo(HaveOccurred())
		return info.State
	}

	It("does not end the container when it ends", func() {
		Consistently(state, "200ms").Should(Equal("active"))
	})

	It("does not remove the container when it is deleted", func() {
		Expect(w.client.CoreV1().Pods(namespace).Delete(context.Background(), copied.Name, metav1.DeleteOptions{})).To(Succeed())
		Consistently(state, "200ms").Should(Equal("active"))
	})

	It("is neither adopted nor deleted by a worker that was restarted", func() {
		Expect(w.backend.Stop()).To(Succeed())
		w.start()
		Expect(state()).To(Equal("active"))
		process, err := w.lookup().Run(garden.ProcessSpec{Path: "sh"}, garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		w.init.exit <- 0
		Expect(process.Wait()).To(BeZero())
		Consistently(w.pods, "100ms").Should(HaveLen(2))
	})

	It("stays when the container is destroyed", func() {
		Expect(w.backend.Destroy(handle)).To(Succeed())
		Expect(w.pods()).To(HaveExactElements(HaveField("Name", copied.Name)))
	})
})

func (w *world) lookup() garden.Container {
	GinkgoHelper()
	container, err := w.backend.Lookup(handle)
	Expect(err).NotTo(HaveOccurred())
	return container
}
