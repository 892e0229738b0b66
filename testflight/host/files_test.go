package host_test

import (
	"os"
	"path/filepath"

	"github.com/concourse/concourse-kubernetes/testflight/host"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("A link", func() {
	It("takes the place of an earlier one, in a folder that is made for it", func() {
		link := filepath.Join(GinkgoT().TempDir(), "bin", "kubelet")
		for _, target := range []string{"first", "second", "second"} {
			Expect(host.Link(target, link)).To(Succeed())
			Expect(os.Readlink(link)).To(Equal(target))
		}
	})
})

var _ = Describe("Folders of others", func() {
	It("are removed once they are empty", func() {
		dir := GinkgoT().TempDir()
		used, empty := filepath.Join(dir, "used"), filepath.Join(dir, "empty")
		Expect(os.Mkdir(empty, 0o700)).To(Succeed())
		Expect(host.WriteFile(filepath.Join(used, "file"), nil, 0o600)).To(Succeed())

		host.RemoveIfEmpty(filepath.Join(dir, "*"))

		Expect(empty).NotTo(BeAnExistingFile())
		Expect(used).To(BeADirectory())
	})
})
