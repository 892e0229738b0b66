package testflight_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/creack/pty"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// terminal is fly on a terminal of its own, in front of which a spec sits.
type terminal struct {
	screen  *gbytes.Buffer
	device  *os.File
	program *exec.Cmd
}

// openTerminal runs fly on a terminal of 33 rows and 77 columns.
func openTerminal(ctx context.Context, args ...string) *terminal {
	GinkgoHelper()
	program := fly.Command(ctx, args...)
	device, err := pty.StartWithSize(program, &pty.Winsize{Rows: 33, Cols: 77})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(device.Close)

	t := &terminal{screen: gbytes.NewBuffer(), device: device, program: program}
	go io.Copy(io.MultiWriter(t.screen, GinkgoWriter), device) // ends with the device
	return t
}

// press types keys. The next ones have to wait until these had an effect: fly
// reads into a buffer that it may not have sent yet.
func (t *terminal) press(keys string) {
	GinkgoHelper()
	_, err := io.WriteString(t.device, keys)
	Expect(err).NotTo(HaveOccurred())
}

func (t *terminal) resize(rows, columns uint16) {
	GinkgoHelper()
	Expect(pty.Setsize(t.device, &pty.Winsize{Rows: rows, Cols: columns})).To(Succeed())
}

// exitStatus waits for the end of fly.
func (t *terminal) exitStatus() int {
	GinkgoHelper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		t.program.Wait()
	}()
	Eventually(ended, patience).Should(BeClosed())
	return t.program.ProcessState.ExitCode()
}

var _ = Describe("fly intercept", func() {
	inContainer := func(ctx context.Context, args ...string) string {
		GinkgoHelper()
		output, err := fly.Run(ctx, append(append([]string{"intercept"}, args...), "--", "echo", "inside")...)
		Expect(err).NotTo(HaveOccurred())
		return output
	}

	It("gets into the container of a task that failed", func(ctx SpecContext) {
		p := setPipeline(ctx, task("{repository: ((registry))/busybox}", "", "exit 1"))
		p.run(ctx, 1)
		Expect(inContainer(ctx, "-j", p.name+"/main", "-s", "one")).To(ContainSubstring("inside"))
	}, SpecTimeout(3*time.Minute))

	It("shows nothing of the variable by which init is told its pod, as in the step", func(ctx SpecContext) {
		p := setPipeline(ctx, task("{repository: ((registry))/busybox}", "", "env; exit 1"))
		log := p.run(ctx, 1)
		inside, err := fly.Run(ctx, "intercept", "-j", p.name+"/main", "-s", "one", "--", "sh", "-c", `tr '\0' ' ' < /proc/1/cmdline; env`)
		Expect(err).NotTo(HaveOccurred())
		Expect(inside).To(ContainSubstring("--pod-uid " + string(p.podOf("task").UID) + " "))
		for _, printed := range []string{string(log.Contents()), inside} {
			Expect(printed).To(And(ContainSubstring("PATH="), Not(ContainSubstring(podinit.PodUIDVariable))))
		}
	}, SpecTimeout(3*time.Minute))

	It("gets into the container of a resource's check", func(ctx SpecContext) {
		p := setPipeline(ctx, "resources: [{name: thing, type: mock, source: {initial_version: "+newName()+"}}]\njobs: [{name: main, plan: [{get: thing}]}]\n")
		p.run(ctx, 0)
		Expect(inContainer(ctx, "-c", p.name+"/thing")).To(ContainSubstring("inside"))
	}, SpecTimeout(3*time.Minute))
})

var _ = Describe("fly intercept on a terminal", func() {
	var p pipeline

	BeforeEach(func(ctx SpecContext) {
		p = setPipeline(ctx, task("{repository: ((registry))/busybox}", "", "echo now running; while ! test -e /tmp/end; do sleep 0.1; done"))
		session := p.trigger(context.Background()) // longer than this node
		Eventually(session.Out, patience).Should(gbytes.Say("now running"))
		DeferCleanup(func(ctx SpecContext) {
			_, err := fly.Run(ctx, "intercept", "-j", p.name+"/main", "-s", "one", "--", "touch", "/tmp/end")
			Expect(err).NotTo(HaveOccurred())
			Eventually(session, patience).Should(gexec.Exit(0))
		})
	}, NodeTimeout(patience))

	intercept := func(ctx context.Context) *terminal {
		GinkgoHelper()
		t := openTerminal(ctx, "intercept", "-j", p.name+"/main", "-s", "one", "--", "sh")
		t.press("echo ready $((20 + 1))\n")
		Eventually(t.screen, patience).Should(gbytes.Say("ready 21"))
		return t
	}

	It("has the terminal's size and follows it, passes Ctrl-C on, and ends with the exit status", func(ctx SpecContext) {
		t := intercept(ctx)

		t.press("stty size\n")
		Eventually(t.screen).Should(gbytes.Say("33 77"))
		t.press("echo watching $((20 + 2)); until [ \"$(stty size)\" = '40 99' ]; do sleep 0.1; done; echo resized $((20 + 3))\n")
		Eventually(t.screen).Should(gbytes.Say("watching 22"))
		t.resize(40, 99)
		Eventually(t.screen).Should(gbytes.Say("resized 23"))

		t.press("sh -c 'echo asleep $((20 + 4)); exec sleep 1000'\n")
		Eventually(t.screen).Should(gbytes.Say("asleep 24"))
		t.press("\x03")
		Eventually(t.screen).Should(gbytes.Say("# "), "the shell's prompt")

		t.press("echo still here $((20 + 5))\n")
		Eventually(t.screen).Should(gbytes.Say("still here 25"))
		t.press("exit 7\n")
		Expect(t.exitStatus()).To(Equal(7))
	}, SpecTimeout(3*time.Minute))

	It("can be there more than once in one container", func(ctx SpecContext) {
		first, second := intercept(ctx), intercept(ctx)
		first.press("echo from the first > /tmp/note\nexit\n")
		Expect(first.exitStatus()).To(BeZero())
		second.press("cat /tmp/note\n")
		Eventually(second.screen).Should(gbytes.Say("from the first"))
		second.press("exit\n")
		Expect(second.exitStatus()).To(BeZero())
	}, SpecTimeout(3*time.Minute))
})
