package host_test

import (
	"os"
	"path/filepath"

	"github.com/concourse/concourse-kubernetes/testflight/host"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Kernel settings", func() {
	const setting = "kernel/ostype"

	var file string

	BeforeEach(func() { file = filepath.Join(GinkgoT().TempDir(), "settings.json") })

	It("are saved as they were first", func() {
		Expect(host.SaveKernelSettings(file, []string{setting})).To(Succeed())
		Expect(os.ReadFile(file)).To(MatchJSON(`{"kernel/ostype": "Linux"}`))

		Expect(host.SaveKernelSettings(file, nil)).To(Succeed())
		Expect(os.ReadFile(file)).To(MatchJSON(`{"kernel/ostype": "Linux"}`))
	})

	It("are left alone where they have their value, or none was saved", func() {
		Expect(host.RestoreKernelSettings(file)).To(Succeed())
		Expect(host.SaveKernelSettings(file, []string{setting})).To(Succeed())
		Expect(host.RestoreKernelSettings(file)).To(Succeed(), "this setting can't be written")
	})
})
