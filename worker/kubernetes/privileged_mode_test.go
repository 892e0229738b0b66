package kubernetes_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes"
)

var _ = Describe("a container that is to be privileged", func() {
	var w *world

	BeforeEach(func() { w = newWorld() })

	inMode := func(mode kubernetes.PrivilegedMode) {
		GinkgoHelper()
		w.config.PrivilegedMode = mode
		w.start()
	}
	privileged := func() bool {
		GinkgoHelper()
		return *w.pod().Spec.Containers[0].SecurityContext.Privileged
	}

	DescribeTable("is what the mode makes of it",
		func(mode kubernetes.PrivilegedMode, expected bool) {
			inMode(mode)
			spec := task()
			spec.Privileged = true
			w.create(spec)
			Expect(privileged()).To(Equal(expected))
		},
		Entry("by default", kubernetes.PrivilegedMode(""), true),
		Entry("full", kubernetes.FullPrivilegedMode, true),
		Entry("ignore", kubernetes.IgnorePrivilegedMode, false),
	)

	It("gets what any other has that is not, where the mode is ignore", func() {
		inMode(kubernetes.IgnorePrivilegedMode)
		spec := task()
		spec.Privileged = true
		w.create(spec)
		Expect(w.pod().Spec.SecurityContext.SeccompProfile).NotTo(BeNil())
	})

	It("is refused where the mode is refuse, and nothing is made", func() {
		inMode(kubernetes.RefusePrivilegedMode)
		spec := task()
		spec.Privileged = true

		_, err := w.backend.Create(spec)

		Expect(err).To(MatchError(And(
			ContainSubstring(handle), ContainSubstring("--kubernetes-privileged-mode=refuse"), ContainSubstring("take privileged from the step"),
		)))
		w.expectNothingLeft()
		w.create(task())
		Expect(privileged()).To(BeFalse())
	})

	It("needs a mode that there is", func() {
		w.config.PrivilegedMode = "fuse-only"
		_, err := kubernetes.NewBackend(w.config)
		Expect(err).To(MatchError(ContainSubstring(`"fuse-only", not full, ignore or refuse`)))
	})
})
