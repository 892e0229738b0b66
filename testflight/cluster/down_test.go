package cluster

import (
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Taking a cluster down", func() {
	It("has nothing to do where there is none", func(ctx SpecContext) {
		Expect(New(filepath.Join(GinkgoT().TempDir(), "none"), GinkgoWriter).Down(ctx)).To(Succeed())
	})

	It("leaves alone a folder that isn't a cluster's", func(ctx SpecContext) {
		file := filepath.Join(GinkgoT().TempDir(), "precious")
		Expect(os.WriteFile(file, nil, 0o600)).To(Succeed())
		Expect(New(filepath.Dir(file), GinkgoWriter).Down(ctx)).To(MatchError(ContainSubstring("not a cluster's")))
		Expect(file).To(BeAnExistingFile())
	})

	DescribeTable("knows the shims of its own containerd",
		func(ours bool, arguments ...string) {
			Expect(isShimOf(arguments, []string{"/state/containerd.sock", "/state/node-2/containerd.sock"})).To(Equal(ours))
		},
		Entry("ours", true, "/usr/bin/containerd-shim-runc-v2", "-namespace", "k8s.io", "-address", "/state/containerd.sock", ""),
		Entry("the second node's", true, "/usr/bin/containerd-shim-runc-v2", "-address", "/state/node-2/containerd.sock", ""),
		Entry("another containerd's", false, "/usr/bin/containerd-shim-runc-v2", "-address", "/run/containerd/containerd.sock", ""),
		Entry("no shim", false, "/usr/bin/ctr", "-address", "/state/containerd.sock", ""),
		Entry("a kernel thread", false, ""),
	)
})
