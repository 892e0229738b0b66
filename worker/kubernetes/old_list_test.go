package kubernetes_test

import (
	"os"
	"path/filepath"
	"sync/atomic"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"

	"github.com/concourse/concourse-kubernetes/worker/contract"
)

var _ = Describe("a worker that was restarted, while the API server lists what was there before", func() {
	var (
		w     *world
		isOld *atomic.Bool
	)

	BeforeEach(func() {
		w = newWorld()
		isOld = new(atomic.Bool)
		isOld.Store(true)
	})

	// restart has the list have no pods. What it has later comes as events, of which there
	// are none for a pod that does not change.
	restart := func() {
		GinkgoHelper()
		Expect(w.backend.Stop()).To(Succeed())
		isOld := isOld
		w.client.PrependReactor("list", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
			return isOld.Load(), &corev1.PodList{}, nil
		})
		w.start()
		isOld.Store(false)
	}

	It("goes on with a step that runs", func() {
		_, err := w.create(privateTask()).Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		restart()

		Expect(w.lookup().Info()).To(HaveField("State", "active"))
		process, err := w.lookup().Attach("task", garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		w.init.exit <- 3
		Expect(process.Wait()).To(Equal(3))
		Expect(w.pods()).To(HaveLen(1))
		Expect(w.secrets()).To(HaveLen(1))
	})

	It("goes on with a container of checks", func() {
		w.create(check())
		restart()
		_, err := w.lookup().Run(garden.ProcessSpec{Path: "/opt/resource/check"}, garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		Expect(w.pods()).To(HaveLen(1))
	})

	It("hears later that the pod ends", func() {
		w.create(task())
		restart()
		w.setStatus(evicted)
		Eventually(w.lookup().Info).Should(HaveField("State", "stopped"))
	})

	It("removes the pod of a container that is destroyed", func() {
		w.create(task())
		restart()
		Expect(w.backend.Destroy(handle)).To(Succeed())
		w.expectNothingLeft()
	})
})

var _ = Describe("a pod of the worker that no container has", func() {
	var w *world

	BeforeEach(func() {
		w = newWorld()
		w.create(task())
		Expect(w.backend.Stop()).To(Succeed())
		Expect(os.RemoveAll(filepath.Join(w.config.StateDir, handle))).To(Succeed())
	})

	It("is deleted, however often the API server refuses", func() {
		var refusals atomic.Int32
		w.client.PrependReactor("delete", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
			return refusals.Add(1) <= 2, nil, forbidden("no RBAC")
		})
		w.start()
		Eventually(w.pods).Should(BeEmpty())
		Expect(refusals.Load()).To(BeEquivalentTo(3))
	})

	It("is left alone if it is a person's copy of a pod", func() {
		copied := w.pod()
		copied.Name, copied.UID = "a-copy", "the-copy's"
		Expect(w.client.Tracker().Add(copied)).To(Succeed())
		w.start()
		Eventually(w.pods).Should(HaveExactElements(HaveField("Name", "a-copy")))
		Consistently(w.pods, "200ms").Should(HaveLen(1))
	})

	It("does not keep its handle", func() {
		w.ignoreDeletions()
		w.start()
		w.keepsPods.Store(false)
		w.deletePod()
		Eventually(w.pods).Should(BeEmpty())
		w.create(task())
		Consistently(w.pods, "200ms").Should(HaveLen(1))
	})
})

// check is a container of checks.
func check() garden.ContainerSpec {
	spec := task()
	spec.Properties[contract.Type] = "check"
	return spec
}
