package podinit_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

func TestPodinit(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(5 * time.Second)
	RunSpecs(t, "Podinit")
}

var binary string

var _ = BeforeSuite(func() {
	if os.Getuid() != 0 {
		Skip("init needs root: it changes users and namespaces")
	}
	var err error
	binary, err = gexec.BuildWithEnvironment("github.com/concourse/concourse-kubernetes/cmd/concourse-init",
		[]string{"CGO_ENABLED=0"}, "-trimpath", "-ldflags=-s -w")
	Expect(err).NotTo(HaveOccurred())
	// Users other than root have to get at it.
	for dir := filepath.Dir(binary); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		Expect(os.Chmod(dir, 0o755)).To(Succeed())
	}
})

var _ = AfterSuite(gexec.CleanupBuildArtifacts)

// pod is an init that is PID 1 of a pid namespace, with its client.
type pod struct {
	*podinit.Client
	dir, socket, stateDir string
	command               *exec.Cmd
	log                   lockedBuffer
	exited                chan error
}

type podOptions struct {
	binary   string
	launcher []string // runs init, by exec
	env      []string
	args     []string
}

// inPodNamespaces makes the shell that becomes init see the processes of its
// own namespace.
const inPodNamespaces = `mount --make-rprivate / && mount -t proc proc /proc && exec "$@"`

func startPod(options podOptions) *pod {
	GinkgoHelper()
	dir, err := os.MkdirTemp("", "podinit")
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(os.RemoveAll, dir)
	Expect(os.Chmod(dir, 0o777)).To(Succeed())

	p := &pod{dir: dir, socket: dir + "/s", stateDir: dir + "/state", exited: make(chan error, 1)}
	p.Client = podinit.NewClient(p.socket)
	if options.binary == "" {
		options.binary = binary
	}
	args := append([]string{"-c", inPodNamespaces, "sh"}, options.launcher...)
	args = append(args, options.binary, "--socket", p.socket, "--state-dir", p.stateDir)
	p.command = exec.Command("/bin/sh", append(args, options.args...)...)
	p.command.Env = options.env
	p.command.Dir = "/"
	p.command.Stdout, p.command.Stderr = &p.log, GinkgoWriter
	p.command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}
	Expect(p.command.Start()).To(Succeed())
	go func() {
		p.exited <- p.command.Wait()
		close(p.exited)
	}()
	DeferCleanup(func() {
		p.command.Process.Kill()
		Eventually(p.exited).Should(BeClosed())
	})
	Eventually(func() error { _, err := p.Ping(context.Background()); return err }).WithPolling(time.Millisecond).Should(Succeed())
	return p
}

// result is what a process has come to.
type result struct {
	stdout, stderr string
	status         int
}

var processes int

// run runs a process without stdin to its end.
func (p *pod) run(ctx context.Context, spec podinit.ProcessSpec) result {
	GinkgoHelper()
	if spec.ID == "" {
		processes++
		spec.ID = fmt.Sprintf("process-%d", processes)
	}
	Expect(p.Start(ctx, spec)).To(Succeed())
	return p.attach(ctx, spec.ID)
}

func (p *pod) attach(ctx context.Context, id string) result {
	GinkgoHelper()
	var stdout, stderr bytes.Buffer
	status, err := p.Attach(ctx, id, podinit.ProcessIO{Stdout: &stdout, Stderr: &stderr})
	Expect(err).NotTo(HaveOccurred())
	return result{stdout.String(), stderr.String(), status}
}

func script(text string, args ...string) podinit.ProcessSpec {
	return podinit.ProcessSpec{Path: "sh", Args: append([]string{"-c", text, "sh"}, args...)}
}

func named(id string, spec podinit.ProcessSpec) podinit.ProcessSpec {
	spec.ID = id
	return spec
}

// lockedBuffer can be read while it is written.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(data)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
