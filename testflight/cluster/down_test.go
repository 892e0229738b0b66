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

	It("finds the mounts below its folder only", func() {
		Expect(mountsBelow("/state", `
22 1 254:0 / / rw - ext4 /dev/vda rw
23 22 0:5 / /state rw - tmpfs tmpfs rw
24 23 0:6 / /state/a\040b rw - tmpfs tmpfs rw
25 22 0:7 / /state2/c rw - tmpfs tmpfs rw
`)).To(Equal([]string{"/state/a b"}))
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

	Describe("with port rules", func() {
		const ours = `:CNI-HOSTPORT-DNAT - [0:0]
:CNI-HOSTPORT-MASQ - [0:0]
:CNI-DN-1 - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A CNI-DN-1 -s 127.0.0.1/32 -j CNI-HOSTPORT-SETMARK
-A CNI-HOSTPORT-DNAT -m comment --comment "dnat name: \"ctf-pods\" id: \"a\"" -j CNI-DN-1
`

		It("removes them and portmap's chains", func() {
			Expect(portRulesRemoval(ours, "ctf-pods")).To(Equal(`*nat
-D CNI-HOSTPORT-DNAT -m comment --comment "dnat name: \"ctf-pods\" id: \"a\"" -j CNI-DN-1
-D PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-F CNI-DN-1
-F CNI-HOSTPORT-DNAT
-F CNI-HOSTPORT-MASQ
-X CNI-DN-1
-X CNI-HOSTPORT-DNAT
-X CNI-HOSTPORT-MASQ
COMMIT
`))
		})

		It("keeps what another network uses", func() {
			others := `-A CNI-HOSTPORT-DNAT -m comment --comment "dnat name: \"podman\" id: \"b\"" -j CNI-DN-2
`
			Expect(portRulesRemoval(ours+others, "ctf-pods")).To(Equal(`*nat
-D CNI-HOSTPORT-DNAT -m comment --comment "dnat name: \"ctf-pods\" id: \"a\"" -j CNI-DN-1
-F CNI-DN-1
-X CNI-DN-1
COMMIT
`))
		})

		It("does nothing if there are none", func() {
			Expect(portRulesRemoval("*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n", "ctf-pods")).To(BeEmpty())
		})
	})
})
