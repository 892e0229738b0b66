package kubernetes_test

import (
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var _ = Describe("the CPU weight of a pod", func() {
	var w *world

	BeforeEach(func() {
		w = newWorld()
		w.whenCreated(func(status *corev1.PodStatus) {
			running(status)
			status.StartTime = new(metav1.Now())
		})
	})

	weight := func() any {
		shares, _ := w.weights.Load(string(w.pod().UID))
		return shares
	}

	It("is that of its shares", func() {
		spec := task()
		spec.Limits.CPU.Weight = 512
		w.create(spec)
		Expect(weight()).To(BeEquivalentTo(512), "before anything runs")
	})

	It("is that of 1024 shares for a step that names none", func() {
		w.create(task())
		Eventually(weight).Should(BeEquivalentTo(1024))
	})

	It("is set by a worker that comes after one that did not come to it", func() {
		w.create(task())
		Eventually(weight).ShouldNot(BeNil())
		w.weights.Clear()
		w.start()
		Eventually(weight).Should(BeEquivalentTo(1024))
	})

	It("keeps no step from running where it can't be set, which the worker says", func() {
		w.weightErr = errors.New("read-only file system")
		w.create(task())
		Eventually(w.log).Should(gbytes.Say("failed-to-set-cpu-weight.*read-only file system"))
	})
})
