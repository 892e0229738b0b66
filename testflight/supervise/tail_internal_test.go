package supervise

import (
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The end of a log", func() {
	lines := func(content string, n int) string {
		GinkgoHelper()
		log := filepath.Join(GinkgoT().TempDir(), "log")
		Expect(os.WriteFile(log, []byte(content), 0o600)).To(Succeed())
		last, err := lastLines(log, n)
		Expect(err).NotTo(HaveOccurred())
		return last
	}

	It("is its last lines", func() {
		Expect(lines("one\ntwo\nthree\n", 2)).To(Equal("two\nthree"))
	})

	It("has an unfinished line too", func() {
		Expect(lines("one\ntwo", 1)).To(Equal("two"))
	})

	It("is all of a short log", func() {
		Expect(lines("one\n", 20)).To(Equal("one"))
		Expect(lines("", 20)).To(BeEmpty())
	})

	It("is found in a log larger than what is read of it", func() {
		Expect(lines(strings.Repeat("line\n", tailBytes)+"last\n", 2)).To(Equal("line\nlast"))
	})
})
