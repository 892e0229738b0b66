package podinit_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// A kubelet reads a container's last words from a file. It takes the end of the
// container's log where a container failed and the file is empty.
var _ = Describe("the last words of a pod", func() {
	var file string

	BeforeEach(func() {
		file = filepath.Join(GinkgoT().TempDir(), "termination-log")
		Expect(os.WriteFile(file, nil, 0o666)).To(Succeed())
	})

	words := func() string {
		GinkgoHelper()
		content, err := os.ReadFile(file)
		Expect(err).NotTo(HaveOccurred())
		return string(content)
	}

	It("are none of a process', however init ends: init leaves its own before anything runs", func(ctx SpecContext) {
		p := startPod(podOptions{env: os.Environ(), args: []string{"--termination-message", file}})
		Expect(words()).To(Equal(podinit.ServedMessage), "as soon as init answers")
		p.run(ctx, script("echo s3cret"))
		Eventually(p.log.String).Should(ContainSubstring("s3cret"))
		Expect(p.command.Process.Kill()).To(Succeed()) // as the kernel does for want of memory
		Eventually(p.exited).Should(BeClosed())
		Expect(words()).To(Equal(podinit.ServedMessage))
	})

	It("are in its log where init can't serve, and the file is empty, so that the kubelet takes them", func(ctx SpecContext) {
		dir := GinkgoT().TempDir()
		Expect(os.Chmod(dir, 0o700)).To(Succeed())
		output, err := runInit(ctx, "--socket", dir+"/none/s", "--state-dir", dir, "--termination-message", file)
		Expect(err).To(MatchError("exit status 1"))
		Expect(output).To(And(HavePrefix("concourse-init: listen for the worker: "), ContainSubstring("no such file or directory")))
		Expect(words()).To(BeEmpty())
	}, SpecTimeout(10*time.Second))

	It("are why init does not serve where it can't leave its own", func(ctx SpecContext) {
		dir := GinkgoT().TempDir()
		output, err := runInit(ctx, "--socket", dir+"/s", "--state-dir", dir, "--termination-message", dir+"/none")
		Expect(err).To(MatchError("exit status 1"))
		Expect(output).To(HavePrefix("concourse-init: keep the step's output out of the pod's status: "))
	}, SpecTimeout(10*time.Second)) // one that serves does not end
})

var _ = Describe("the log of a pod", func() {
	It("has nothing of what processes print where the operator says so", func(ctx SpecContext) {
		p := startPod(podOptions{env: os.Environ(), args: []string{"--pod-log=false"}})
		Expect(p.run(ctx, script("echo s3cret; echo s3cret >&2; exit 3"))).To(Equal(result{"s3cret\n", "s3cret\n", 3}))
		// At its end init waits until the log has what it is to have.
		Expect(p.command.Process.Signal(syscall.SIGTERM)).To(Succeed())
		Eventually(p.exited).Should(BeClosed())
		Expect(p.log.String()).To(BeEmpty())
	})
})

// runInit runs init, not as PID 1, to its end.
func runInit(ctx context.Context, args ...string) (output string, err error) {
	combined, err := exec.CommandContext(ctx, binary, args...).CombinedOutput()
	return string(combined), err
}
