package kubernetes_test

import (
	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"

	"github.com/concourse/concourse-kubernetes/worker/contract"
)

var _ = Describe("a start that failed, of a container that is not removed yet", func() {
	const elsewhere = "mirror.example.com/team/golang:1"

	var w *world

	BeforeEach(func() {
		w = newWorld()
		w.init.silence()
		w.ignoreDeletions()
		init := w.init
		w.client.PrependReactor("create", "pods", func(action clienttesting.Action) (bool, runtime.Object, error) {
			if action.(clienttesting.CreateAction).GetObject().(*corev1.Pod).Spec.Containers[0].Image == elsewhere {
				init.answer()
			}
			return false, nil, nil
		})
	})

	fails := waiting("ErrImagePull", "not found")

	podGoes := func() {
		GinkgoHelper()
		Expect(w.client.Tracker().Delete(podResource, namespace, podName)).To(Succeed())
	}

	patiently := func(spec garden.ContainerSpec) error { return w.createFor("50ms", spec) }

	isStillStarting := WithTransform(func(err error) bool {
		_, is := contract.ParseStillStarting(handle, err)
		return is
	}, BeTrue())

	Describe("and told its client", func() {
		BeforeEach(func() {
			created := w.createInBackground(task())
			Eventually(w.pods).Should(HaveLen(1))
			w.setStatus(fails)
			Eventually(created).Should(Receive(MatchError(ContainSubstring("ErrImagePull: not found"))))
		})

		It("is in no list, and not found", func() {
			Expect(w.backend.Containers(nil)).To(BeEmpty())
			_, err := w.backend.Lookup(handle)
			Expect(err).To(Equal(garden.ContainerNotFoundError{Handle: handle}))
		})

		It("is in the way of the image of the next registry until it is gone, and no longer", func() {
			next := w.createInBackground(from(task(), "docker:///"+elsewhere))
			Consistently(next, "200ms").ShouldNot(Receive())
			podGoes()
			Eventually(next).Should(Receive(BeNil()))
			Expect(w.pod().Spec.Containers[0].Image).To(Equal(elsewhere))
			Expect(w.backend.Containers(nil)).To(HaveLen(1))
		})

		It("has who asks for a while hear that it is being removed", func() {
			err := patiently(from(task(), "docker:///"+elsewhere))
			Expect(err).To(isStillStarting)
			Expect(err).To(MatchError(And(ContainSubstring("the earlier container of this handle"), ContainSubstring("pod ci/"+podName))))
			podGoes()
			Eventually(func() error { return patiently(from(task(), "docker:///"+elsewhere)) }).Should(Succeed())
		})

		It("is not told again: who asks for the same image has it tried again", func() {
			again := w.createInBackground(task())
			Consistently(again, "200ms").ShouldNot(Receive())
			w.init.answer()
			podGoes()
			Eventually(again).Should(Receive(BeNil()))
		})
	})

	Describe("while nobody waited for it", func() {
		BeforeEach(func() {
			Expect(patiently(task())).To(isStillStarting)
			w.setStatus(fails)
			Eventually(func() bool { return w.backend.IsBeingRemoved(handle) }).Should(BeTrue())
		})

		It("is told once to who asks for the same image again", func() {
			Expect(patiently(task())).To(MatchError(ContainSubstring("ErrImagePull: not found")))
			Expect(patiently(task())).To(isStillStarting)
		})

		It("is not told to who asks for another image", func() {
			next := w.createInBackground(from(task(), "docker:///"+elsewhere))
			Consistently(next, "200ms").ShouldNot(Receive())
			podGoes()
			Eventually(next).Should(Receive(BeNil()))
		})
	})
})
