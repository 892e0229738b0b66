package cpuweight_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/cpuweight"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podidentity"
)

var _ = Describe("this machine's kernel", func() {
	// newGroup makes a control group of version 1 for CPU time.
	newGroup := func(path string) {
		GinkgoHelper()
		path = filepath.Join(cpuweight.OwnMounts, "cpu", path)
		if err := os.Mkdir(path, 0o755); err != nil {
			Skip("control groups of version 1 that may be written are needed: " + err.Error())
		}
		DeferCleanup(os.Remove, path)
	}
	sharesOf := func(path string) string {
		GinkgoHelper()
		content, err := os.ReadFile(filepath.Join(cpuweight.OwnMounts, "cpu", path, "cpu.shares"))
		Expect(err).NotTo(HaveOccurred())
		return strings.TrimSpace(string(content))
	}

	It("takes the weight of a container that runs, and that of its pod", func() {
		above := "cpuweight-spec-" + strconv.Itoa(os.Getpid())
		ofPod := above + "/pod" + podUID
		ofContainer := ofPod + "/" + id
		for _, path := range []string{above, ofPod, ofContainer} {
			newGroup(path)
		}
		sleep, err := exec.LookPath("sleep")
		Expect(err).NotTo(HaveOccurred())
		init := exec.Command(sleep, "60")
		init.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID, Pdeathsig: syscall.SIGKILL}
		Expect(init.Start()).To(Succeed())
		DeferCleanup(func() {
			Expect(init.Process.Kill()).To(Succeed())
			Expect(init.Wait()).NotTo(Succeed())
		})
		procs := filepath.Join(cpuweight.OwnMounts, "cpu", ofContainer, "cgroup.procs")
		Expect(os.WriteFile(procs, []byte(strconv.Itoa(init.Process.Pid)), 0)).To(Succeed())
		setter := cpuweight.Setter{
			Mounts:              []string{cpuweight.OwnMounts, cpuweight.NodeMounts},
			ControlGroupsOfInit: podidentity.Verifier{ProcDir: "/proc", InitBinary: sleep}.ControlGroupsOfInit,
		}

		Expect(setter.Set(init.Process.Pid, container, podUID, 102)).To(Succeed())

		Expect(sharesOf(ofContainer)).To(Equal("102"))
		Expect(sharesOf(ofPod)).To(Equal("102"))
		Expect(sharesOf(above)).To(Equal("1024"), "what is above the pod has others in it")
	})
})
