package podidentity_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podidentity"
)

func TestPodIdentity(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Pod Identity Suite")
}

const pid = 4711

var (
	id    = strings.Repeat("0f", 32)
	other = strings.Repeat("a1", 32)
)

var _ = Describe("the init of a container", func() {
	var (
		verifier podidentity.Verifier
		dir      string
	)

	write := func(name, content string) {
		GinkgoHelper()
		Expect(os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600)).To(Succeed())
	}
	executes := func(file string) {
		GinkgoHelper()
		link := filepath.Join(dir, "exe")
		os.Remove(link)
		Expect(os.Symlink(file, link)).To(Succeed())
	}

	verify := func(pid int, container string) error {
		network, err := verifier.NetworkOfInit(pid, container)
		if err == nil {
			defer network.Close()
			Expect(io.ReadAll(network)).To(BeEquivalentTo("its network"))
		}
		return err
	}

	BeforeEach(func() {
		root := GinkgoT().TempDir()
		verifier = podidentity.Verifier{ProcDir: root, InitBinary: filepath.Join(root, "concourse-init")}
		Expect(os.WriteFile(verifier.InitBinary, nil, 0o600)).To(Succeed())
		dir = filepath.Join(root, fmt.Sprint(pid))
		Expect(os.Mkdir(dir, 0o700)).To(Succeed())
		write("cgroup", "0::/kubepods/"+id+"\n")
		write("status", "Name:\tconcourse-init\nNSpid:\t4711\t1\nThreads:\t5\n")
		Expect(os.Mkdir(filepath.Join(dir, "ns"), 0o700)).To(Succeed())
		write("ns/net", "its network")
		executes(verifier.InitBinary)
	})

	DescribeTable("finds the container in its control groups",
		func(groups string) {
			write("cgroup", strings.ReplaceAll(groups, "ID", id))
			Expect(verify(pid, "containerd://"+id)).To(Succeed())
		},
		Entry("of version 1, cgroupfs", "12:memory:/kubepods/burstable/pod0d1e/ID\n3:cpu,cpuacct:/kubepods/burstable/pod0d1e/ID\n"),
		Entry("of version 2, cgroupfs", "0::/kubepods/besteffort/pod0d1e/ID\n"),
		Entry("of version 2, systemd", "0::/kubepods.slice/kubepods-pod0d1e.slice/cri-containerd-ID.scope\n"),
		Entry("of version 2, seen from a namespace of control groups", "0::/../../pod0d1e/ID\n"),
		Entry("of systemd, as runc names them without it", "0::/system.slice/containerd.service/kubepods-pod0d1e.slice:cri-containerd:ID\n"),
		Entry("without a parent", "0::/k8s.io/ID\n"),
	)

	DescribeTable("finds the container's control groups",
		func(groups string, found ...podidentity.ControlGroup) {
			write("cgroup", strings.ReplaceAll(groups, "ID", id))
			for i := range found {
				found[i].Path = strings.ReplaceAll(found[i].Path, "ID", id)
			}
			Expect(verifier.ControlGroupsOfInit(pid, "containerd://"+id)).To(Equal(found))
		},
		Entry("of version 1, with controllers that share a hierarchy", "4:name=systemd:/\n3:cpu,cpuacct:/kubepods/pod0d1e/ID\n2:memory:/kubepods/pod0d1e/ID\n",
			podidentity.ControlGroup{Controllers: []string{"cpu", "cpuacct"}, Path: "/kubepods/pod0d1e/ID"},
			podidentity.ControlGroup{Controllers: []string{"memory"}, Path: "/kubepods/pod0d1e/ID"}),
		Entry("of version 2, which names no controllers", "0::/kubepods.slice/kubepods-pod0d1e.slice/cri-containerd-ID.scope\n",
			podidentity.ControlGroup{Controllers: []string{}, Path: "/kubepods.slice/kubepods-pod0d1e.slice/cri-containerd-ID.scope"}),
		Entry("and not what the runtime made below", "0::/kubepods/pod0d1e/crio-ID.scope/container\n",
			podidentity.ControlGroup{Controllers: []string{}, Path: "/kubepods/pod0d1e/crio-ID.scope"}),
	)

	It("finds no control groups of a process that is not init", func() {
		write("status", "NSpid:\t4711\t7\n")
		_, err := verifier.ControlGroupsOfInit(pid, "containerd://"+id)
		Expect(err).To(MatchError(ContainSubstring("process namespace")))
	})

	DescribeTable("refuses a process of another container",
		func(groups string) {
			write("cgroup", groups)
			Expect(verify(pid, "containerd://"+id)).To(MatchError(ContainSubstring("control groups")))
		},
		Entry("of the same pod", "0::/kubepods/pod0d1e/"+other+"\n"),
		Entry("of none", "0::/\n"),
		Entry("whose ID is longer", "0::/kubepods/pod0d1e/"+id+"0\n"),
		Entry("whose ID only ends like that", "0::/kubepods/pod0d1e/0"+id+"\n"),
	)

	DescribeTable("refuses a process that is not the first of its namespace",
		func(status string) {
			write("status", status)
			Expect(verify(pid, "containerd://"+id)).To(MatchError(ContainSubstring("process namespace")))
		},
		Entry("but a later one", "NSpid:\t4711\t7\n"),
		Entry("but the first of one within", "NSpid:\t4711\t7\t1\n"),
		Entry("but of the node's", "NSpid:\t1\n"),
		Entry("of which the kernel says nothing", "Name:\tNSpid\n"),
	)

	It("refuses a process that executes something else", func() {
		impostor := filepath.Join(GinkgoT().TempDir(), "concourse-init")
		Expect(os.WriteFile(impostor, nil, 0o600)).To(Succeed())
		executes(impostor)
		Expect(verify(pid, "containerd://"+id)).To(MatchError(ContainSubstring("executes another file")))
	})

	It("refuses a process that has ended", func() {
		Expect(os.RemoveAll(dir)).To(Succeed())
		Expect(verify(pid, "containerd://"+id)).To(MatchError(os.ErrNotExist))
	})

	It("refuses what is no container's ID", func() {
		for _, container := range []string{"", "containerd://", "containerd://kubepods", id, "containerd://" + id + "/.."} {
			Expect(verify(pid, container)).To(MatchError(ContainSubstring("no container's ID")), container)
		}
	})

	It("says what it needs where it does not see the pod's processes", func() {
		Expect(verify(0, "containerd://"+id)).To(MatchError(ContainSubstring("hostPID")))
	})
})
