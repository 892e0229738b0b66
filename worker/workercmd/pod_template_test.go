package workercmd

import (
	"os"
	"path/filepath"

	"github.com/concourse/flag/v2"
	"github.com/jessevdk/go-flags"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("--kubernetes-pod-template", func() {
	var file string

	BeforeEach(func() {
		file = filepath.Join(GinkgoT().TempDir(), "pods.yaml")
	})

	write := func(content string) {
		GinkgoHelper()
		Expect(os.WriteFile(file, []byte(content), 0o600)).To(Succeed())
	}

	It("is read when the worker starts", func() {
		write("spec: {priorityClassName: ci}\n")

		var kubernetes KubernetesFlags
		parser := flags.NewParser(&kubernetes, flags.None)
		_, err := parser.ParseArgs([]string{"--pod-template", file})
		Expect(err).NotTo(HaveOccurred())

		Expect(kubernetes.podTemplate()).NotTo(BeNil())
	})

	It("may be left out", func() {
		Expect(KubernetesFlags{}.podTemplate()).To(BeNil())
	})

	It("names the file and the line of a problem", func() {
		write("spec:\n  nodeName: node-1\n")
		_, err := KubernetesFlags{PodTemplate: flag.File(file)}.podTemplate()
		Expect(err).To(MatchError(And(HavePrefix("--kubernetes-pod-template:\n"), ContainSubstring(file+":2: spec.nodeName: "))))
	})

	It("names a file that is not there", func() {
		_, err := KubernetesFlags{PodTemplate: flag.File(file)}.podTemplate()
		Expect(err).To(MatchError(os.ErrNotExist))
		Expect(err).To(MatchError(And(ContainSubstring("--kubernetes-pod-template"), ContainSubstring(file))))
	})
})
