package podidentity_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podidentity"
)

var _ = Describe("a process that is being looked at", func() {
	It("has nothing to be found any more when it has ended", func() {
		process := exec.Command("sleep", "60")
		process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		Expect(process.Start()).To(Succeed())
		path, directory, err := podidentity.OpenProcess("/proc", process.Process.Pid)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(directory.Close)
		network, err := os.Open(path("ns/net"))
		Expect(err).NotTo(HaveOccurred())
		Expect(network.Close()).To(Succeed())

		Expect(process.Process.Kill()).To(Succeed())
		Expect(process.Wait()).To(HaveOccurred())
		for _, file := range []string{"cgroup", "status", "exe", "ns/net"} {
			_, err := os.Open(path(file))
			Expect(err).To(HaveOccurred(), file)
		}
	})

	It("is not taken for another that has its ID by now", func() {
		procDir := GinkgoT().TempDir()
		of := filepath.Join(procDir, "4711")
		Expect(os.Mkdir(of, 0o700)).To(Succeed())
		path, directory, err := podidentity.OpenProcess(procDir, 4711)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(directory.Close)

		Expect(os.Remove(of)).To(Succeed())
		Expect(os.Mkdir(of, 0o700)).To(Succeed())
		Expect(os.WriteFile(filepath.Join(of, "status"), nil, 0o600)).To(Succeed())
		_, err = os.Open(path("status"))
		Expect(err).To(MatchError(os.ErrNotExist))
	})
})
