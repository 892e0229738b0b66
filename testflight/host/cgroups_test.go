package host_test

import (
	"os"
	"path/filepath"

	"github.com/concourse/concourse-kubernetes/testflight/host"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Control groups", func() {
	// The folders of an ordinary file system stand for the kernel's.
	var dir, outer, inner string

	BeforeEach(func() {
		dir = GinkgoT().TempDir()
		outer = filepath.Join(dir, "memory", "ours")
		inner = filepath.Join(outer, "inner")
		Expect(os.MkdirAll(inner, 0o700)).To(Succeed())
		Expect(os.MkdirAll(filepath.Join(dir, "memory", "theirs"), 0o700)).To(Succeed())
	})

	It("are found with those in them, in the order in which they can be removed", func() {
		found, err := host.Cgroups([]string{filepath.Join(dir, "*", "ours"), filepath.Join(dir, "ours")})
		Expect(err).NotTo(HaveOccurred())
		Expect(found).To(Equal([]string{inner, outer}))

		Expect(host.RemoveCgroups(found)).To(Succeed())
		Expect(outer).NotTo(BeAnExistingFile())
		Expect(host.RemoveCgroups(found)).To(Succeed(), "once they are gone")
	})

	It("that are busy are an error that names them", func() {
		Expect(host.RemoveCgroups([]string{outer})).To(MatchError(ContainSubstring("remove cgroup " + outer)))
	})

	It("have processes, or have been removed and have none", func() {
		Expect(os.WriteFile(filepath.Join(outer, "cgroup.procs"), []byte("7\n8\n"), 0o600)).To(Succeed())
		Expect(host.ProcessesIn([]string{inner, outer})).To(Equal([]int{7, 8}))
	})
})
