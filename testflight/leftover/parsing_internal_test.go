package leftover

import (
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("A process", func() {
	DescribeTable("runs in a container of the cluster if its root is an overlay of the cluster's folders",
		func(options string, expected bool) {
			table := "601 517 0:85 / / rw,relatime master:1 - overlay overlay " + options + "\n" +
				"602 601 0:90 / /proc rw,nosuid - proc proc rw\n"
			Expect(rootIsBelow("/state", strings.NewReader(table))).To(Equal(expected))
		},
		Entry("of one for what is written", "rw,lowerdir=/elsewhere/1/fs,upperdir=/state/containerd/2/fs,workdir=/state/containerd/2/work", true),
		Entry("of one among several that are read", "rw,lowerdir=/elsewhere/1/fs:/state/containerd/1/fs,upperdir=/elsewhere/2/fs", true),
		Entry("not of another cluster's", "rw,lowerdir=/state-2/1/fs,upperdir=/state-2/2/fs", false),
		Entry("not if they are its work folder alone", "rw,lowerdir=/elsewhere/1/fs,upperdir=/elsewhere/2/fs,workdir=/state/work", false),
	)

	It("runs in none if its root is a disk, whatever is mounted below", func() {
		table := "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n" +
			"601 22 0:85 / /state/rootfs rw - overlay overlay rw,lowerdir=/state/1/fs,upperdir=/state/2/fs\n"
		Expect(rootIsBelow("/state", strings.NewReader(table))).To(BeFalse())
	})

	DescribeTable("is a shim by its program and its containerd",
		func(line string, expected string) {
			id, ok := shimOf("/state", append(strings.Fields(line), ""))
			Expect(ok).To(Equal(expected != ""))
			Expect(id).To(Equal(expected))
		},
		Entry("of the cluster's", "/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id 12ab -address /state/containerd/containerd.sock", "12ab"),
		Entry("not of another", "/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id 12ab -address /state-2/containerd/containerd.sock", ""),
		Entry("not if it is another program", "/usr/bin/ctr -address /state/containerd/containerd.sock -id 12ab", ""),
		Entry("not if it lacks the flag's value", "/usr/bin/containerd-shim-runc-v2 -id 12ab -address", ""),
	)
})

var _ = Describe("The control groups of containers", func() {
	It("are empty if no process is in them, nor in those below, in any hierarchy", func() {
		hierarchies := GinkgoT().TempDir()
		group := func(path, members string) {
			GinkgoHelper()
			folder := filepath.Join(hierarchies, path)
			Expect(os.MkdirAll(folder, 0o755)).To(Succeed())
			Expect(os.WriteFile(filepath.Join(folder, "cgroup.procs"), []byte(members), 0o644)).To(Succeed())
		}
		group("cpu/k8s.io/full", "1\n2\n")
		group("cpu/k8s.io/full-below", "")
		group("cpu/k8s.io/full-below/inner", "3\n")
		group("cpu/k8s.io/empty", "")
		group("memory/k8s.io/empty", "")
		group("memory/k8s.io/empty/inner", "\n")
		group("memory/k8s.io", "") // its own file is no container

		Expect(emptyControlGroups([]string{filepath.Join(hierarchies, "*/k8s.io/*")})).To(HaveExactElements("empty"))
	})
})

var _ = Describe("The bridges of pods", func() {
	configure := func(dir, node, config string) {
		GinkgoHelper()
		folder := filepath.Join(dir, node, "cni", "config")
		Expect(os.MkdirAll(folder, 0o755)).To(Succeed())
		Expect(os.WriteFile(filepath.Join(folder, "pods.conflist"), []byte(config), 0o644)).To(Succeed())
	}

	It("are those of the CNI configuration of every node", func() {
		dir := GinkgoT().TempDir()
		configure(dir, "", `{"plugins": [{"type": "bridge", "bridge": "pods"}, {"type": "portmap"}]}`)
		configure(dir, "node-2", `{"plugins": [{"type": "bridge", "bridge": "pods-2"}]}`)
		Expect(bridgesBelow(dir)).To(HaveExactElements("pods", "pods-2"))
	})

	It("are missed where no configuration names one", func() {
		_, err := bridgesBelow(GinkgoT().TempDir())
		Expect(err).To(MatchError(ContainSubstring("names a bridge")))
	})
})
