package cpuweight_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/cpuweight"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podidentity"
)

const (
	podUID = "0d1e2f3a-0000-4000-8000-1234567890ab"

	// before is what a file has at first. What is written over it has more digits.
	before = "2"
)

var (
	id        = strings.Repeat("0f", 32)
	container = "containerd://" + id
)

var _ = Describe("the weight of a pod's control groups", func() {
	var (
		mount  string
		groups []podidentity.ControlGroup
		setter cpuweight.Setter
	)

	BeforeEach(func() {
		mount = GinkgoT().TempDir()
		groups = nil
		setter = cpuweight.Setter{
			Mounts: []string{mount},
			ControlGroupsOfInit: func(pid int, named string) ([]podidentity.ControlGroup, error) {
				Expect(pid).To(Equal(4711))
				Expect(named).To(Equal(container))
				return groups, nil
			},
		}
	})

	// group makes a control group in a mount, and all above it.
	group := func(mount, directory, path, file string) {
		GinkgoHelper()
		for ; path != "/"; path = filepath.Dir(path) {
			Expect(os.MkdirAll(filepath.Join(mount, directory, path), 0o700)).To(Succeed())
			Expect(os.WriteFile(filepath.Join(mount, directory, path, file), []byte(before), 0o600)).To(Succeed())
		}
	}
	set := func(shares uint64) error { return setter.Set(4711, container, podUID, shares) }

	// written are the files that were, and what is in them.
	written := func() map[string]string {
		GinkgoHelper()
		all := map[string]string{}
		Expect(filepath.WalkDir(mount, func(path string, entry os.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			content, err := os.ReadFile(path)
			if string(content) != before {
				name, _ := filepath.Rel(mount, path)
				all[strings.ReplaceAll(name, id, "ID")] = string(content)
			}
			return err
		})).To(Succeed())
		return all
	}

	DescribeTable("is set for the container and its pod",
		func(controllers []string, path, directory, file, value string, files ...string) {
			path = strings.ReplaceAll(path, "ID", id)
			groups = []podidentity.ControlGroup{{Controllers: []string{"memory"}, Path: "/elsewhere"}, {Controllers: controllers, Path: path}}
			group(mount, directory, path, file)

			Expect(set(512)).To(Succeed())

			expected := map[string]string{}
			for _, name := range files {
				expected[name] = value
			}
			Expect(written()).To(Equal(expected))
		},
		Entry("of version 1, cgroupfs", []string{"cpu"}, "/kubepods/burstable/pod"+podUID+"/ID", "cpu", "cpu.shares", "512",
			"cpu/kubepods/burstable/pod"+podUID+"/ID/cpu.shares", "cpu/kubepods/burstable/pod"+podUID+"/cpu.shares"),
		Entry("of version 1, systemd", []string{"cpu", "cpuacct"},
			"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0d1e2f3a_0000_4000_8000_1234567890ab.slice/cri-containerd-ID.scope",
			"cpu,cpuacct", "cpu.shares", "512",
			"cpu,cpuacct/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0d1e2f3a_0000_4000_8000_1234567890ab.slice/cri-containerd-ID.scope/cpu.shares",
			"cpu,cpuacct/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0d1e2f3a_0000_4000_8000_1234567890ab.slice/cpu.shares"),
		Entry("of version 2, cgroupfs", []string{}, "/kubepods/besteffort/pod"+podUID+"/ID", "", "cpu.weight", "50",
			"kubepods/besteffort/pod"+podUID+"/ID/cpu.weight", "kubepods/besteffort/pod"+podUID+"/cpu.weight"),
		Entry("of version 2, systemd, of a guaranteed pod", []string{},
			"/kubepods.slice/kubepods-pod0d1e2f3a_0000_4000_8000_1234567890ab.slice/crio-ID.scope", "", "cpu.weight", "50",
			"kubepods.slice/kubepods-pod0d1e2f3a_0000_4000_8000_1234567890ab.slice/crio-ID.scope/cpu.weight",
			"kubepods.slice/kubepods-pod0d1e2f3a_0000_4000_8000_1234567890ab.slice/cpu.weight"),
		Entry("where a kubelet makes no groups for pods", []string{"cpu"}, "/k8s.io/ID", "cpu", "cpu.shares", "512",
			"cpu/k8s.io/ID/cpu.shares"),
		Entry("where the group above is another pod's", []string{"cpu"}, "/kubepods/podffff/ID", "cpu", "cpu.shares", "512",
			"cpu/kubepods/podffff/ID/cpu.shares"),
	)

	It("is that of version 1 where the controller is there, beside version 2", func() {
		groups = []podidentity.ControlGroup{{Path: "/k8s.io/" + id}, {Controllers: []string{"cpu"}, Path: "/k8s.io/" + id}}
		group(mount, "unified", "/k8s.io/"+id, "cpu.weight")
		group(mount, "cpu", "/k8s.io/"+id, "cpu.shares")

		Expect(set(512)).To(Succeed())

		Expect(written()).To(Equal(map[string]string{"cpu/k8s.io/ID/cpu.shares": "512"}))
	})

	It("is set where the node has its control groups, if the worker's own mounts lack it", func() {
		setter.Mounts = []string{GinkgoT().TempDir(), filepath.Join(mount, "not-there"), mount}
		groups = []podidentity.ControlGroup{{Path: "/k8s.io/" + id}}
		group(mount, "", "/k8s.io/"+id, "cpu.weight")

		Expect(set(1024)).To(Succeed())

		Expect(written()).To(Equal(map[string]string{"k8s.io/ID/cpu.weight": "100"}))
	})

	It("is left alone where the process is not the container's init", func() {
		setter.ControlGroupsOfInit = func(int, string) ([]podidentity.ControlGroup, error) { return nil, errors.New("it is not init") }
		Expect(set(1024)).To(MatchError(And(ContainSubstring(id), ContainSubstring("it is not init"))))
	})

	It("can't be set where the container has no control group for CPU time", func() {
		groups = []podidentity.ControlGroup{{Controllers: []string{"memory"}, Path: "/k8s.io/" + id}}
		Expect(set(1024)).To(MatchError(ContainSubstring("no control group of its own for CPU time")))
	})

	It("can't be set where the kernel does not let it, and the error says where and what to do", func() {
		groups = []podidentity.ControlGroup{{Path: "/k8s.io/" + id}}
		Expect(os.MkdirAll(filepath.Join(mount, "k8s.io", id), 0o700)).To(Succeed())

		Expect(set(1024)).To(And(MatchError(os.ErrNotExist), MatchError(And(
			ContainSubstring("cpu.weight"), ContainSubstring(mount), ContainSubstring("hostPID: true"),
		))))
	})

	It("is not looked for outside of the worker's namespace of control groups", func() {
		groups = []podidentity.ControlGroup{{Path: "/../../k8s.io/" + id}}
		group(mount, "", "/k8s.io/"+id, "cpu.weight")
		Expect(set(1024)).To(MatchError(ContainSubstring("namespace of control groups")))
		Expect(written()).To(BeEmpty())
	})
})
