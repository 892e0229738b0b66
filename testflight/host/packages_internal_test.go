package host

import (
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("A Debian package", func() {
	It("is missing while nothing matches its file", func() {
		dir := GinkgoT().TempDir()
		packages := []Package{
			{Name: "postgresql", File: filepath.Join(dir, "*", "postgres")},
			{Name: "runc", File: filepath.Join(dir, "runc")},
		}
		Expect(missing(packages)).To(Equal([]string{"postgresql", "runc"}))

		Expect(os.MkdirAll(filepath.Join(dir, "15", "postgres"), 0o700)).To(Succeed())
		Expect(missing(packages)).To(Equal([]string{"runc"}))
	})
})
