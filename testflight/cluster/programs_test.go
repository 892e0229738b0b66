package cluster

import (
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The hash of a program's sources", func() {
	It("changes with them and with nothing else", func() {
		hash := func(sources map[string]string) string {
			GinkgoHelper()
			dir := GinkgoT().TempDir()
			for name, content := range sources {
				Expect(os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600)).To(Succeed())
			}
			found, err := hashOf(dir)
			Expect(err).NotTo(HaveOccurred())
			return found
		}

		first := hash(map[string]string{"main.go": "a", "go.sum": "b"})
		Expect(hash(map[string]string{"main.go": "a", "go.sum": "b", "notes.txt": "c"})).To(Equal(first))
		Expect(hash(map[string]string{"main.go": "a", "go.sum": "c"})).NotTo(Equal(first))
		Expect(hash(map[string]string{"main.go": "ab", "go.sum": "b"})).NotTo(Equal(first))
	})
})
