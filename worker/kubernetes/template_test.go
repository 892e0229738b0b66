package kubernetes_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod/template"
)

var _ = Describe("a worker with a pod template", func() {
	It("merges it into the pods that it creates, and into nothing else", func() {
		w := newWorld()
		podTemplate, err := template.Parse("pods.yaml", []byte("metadata: {labels: {cost-centre: ci}}\nspec: {priorityClassName: ci}\n"))
		Expect(err).NotTo(HaveOccurred())
		w.config.PodTemplate = podTemplate
		w.start()

		w.create(privateTask())

		Expect(w.pod().Spec.PriorityClassName).To(Equal("ci"))
		Expect(w.pod().Labels).To(HaveKeyWithValue("cost-centre", "ci"))
		Expect(w.pod().Spec.Containers).To(HaveExactElements(HaveField("Image", image)))
		Expect(w.secrets()).To(HaveExactElements(HaveField("Labels", Not(HaveKey("cost-centre")))))
	})
})
