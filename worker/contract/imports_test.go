package contract_test

import (
	"os/exec"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const module = "github.com/concourse/concourse-kubernetes/"

var _ = Describe("web", func() {
	It("imports this package, and nothing of the runtime or what leads to it", func(ctx SpecContext) {
		list := exec.CommandContext(ctx, "go", "list", "-deps", "-test", "-f", `{{.ImportPath}} imports {{join .Imports " "}}`, module+"atc/...")
		packages, err := list.Output()
		Expect(err).NotTo(HaveOccurred())

		Expect(string(packages)).To(ContainSubstring(module + "worker/contract"))
		for pkg := range strings.Lines(string(packages)) {
			Expect(pkg).NotTo(ContainSubstring(module + "worker/kubernetes"))
		}
	})
})
