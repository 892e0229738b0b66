package cluster

import (
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("A program's binary", func() {
	It("is built again only if a source is newer", func() {
		dir := GinkgoT().TempDir()
		binary, source := filepath.Join(dir, "binary"), filepath.Join(dir, "main.go")
		Expect(os.WriteFile(source, nil, 0o600)).To(Succeed())

		Expect(upToDate(binary, dir)).To(BeFalse(), "there is none")

		Expect(os.WriteFile(binary, nil, 0o700)).To(Succeed())
		Expect(os.Chtimes(binary, time.Time{}, time.Now().Add(time.Hour))).To(Succeed())
		Expect(upToDate(binary, dir)).To(BeTrue())

		Expect(os.Chtimes(source, time.Time{}, time.Now().Add(2*time.Hour))).To(Succeed())
		Expect(upToDate(binary, dir)).To(BeFalse())
	})
})
