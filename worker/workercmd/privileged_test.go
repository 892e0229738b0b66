package workercmd

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("what a worker lets steps do", func() {
	DescribeTable("is a choice",
		func(argument string, known bool) {
			_, err := parse("--runtime", "kubernetes", argument)
			if known {
				Expect(err).NotTo(HaveOccurred())
			} else {
				Expect(err).To(MatchError(ContainSubstring("Allowed values are")))
			}
		},
		Entry(nil, "--kubernetes-privileged-mode=full", true),
		Entry(nil, "--kubernetes-privileged-mode=ignore", true),
		Entry(nil, "--kubernetes-privileged-mode=refuse", true),
		Entry(nil, "--kubernetes-privileged-mode=fuse-only", false),
		Entry(nil, "--kubernetes-pod-log=on", true),
		Entry(nil, "--kubernetes-pod-log=off", true),
		Entry(nil, "--kubernetes-pod-log=yes", false),
	)

	It("is what upstream's worker lets them do by default, and pods have a log", func() {
		command, err := parse("--runtime", "kubernetes")
		Expect(err).NotTo(HaveOccurred())
		Expect(command.Kubernetes.PrivilegedMode).To(Equal("full"))
		Expect(command.Kubernetes.PodLog).To(Equal("on"))
	})

	It("is set by the flag of its own runtime", func() {
		command, err := parse("--runtime", "kubernetes", "--containerd-privileged-mode", "ignore")
		Expect(err).NotTo(HaveOccurred())
		_, err = command.Runner(nil)
		Expect(err).To(MatchError(ContainSubstring("use --kubernetes-privileged-mode")))
	})
})
