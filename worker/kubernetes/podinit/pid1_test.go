package podinit_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

var _ = Describe("PID 1", func() {
	It("reaps orphans", func(ctx SpecContext) {
		p := startPod(podOptions{env: os.Environ()})
		for range 20 {
			p.run(ctx, script("(sleep 0.05 &) ; exit 0"))
		}
		Eventually(func() string {
			return p.run(ctx, script("cat /proc/[0-9]*/stat")).stdout
		}).ShouldNot(Or(ContainSubstring("(sleep)"), ContainSubstring(") Z ")))
	})

	Describe("stopping", func() {
		var p *pod

		BeforeEach(func() {
			p = startPod(podOptions{env: os.Environ(), args: []string{"--stop-timeout", "300ms"}})
		})

		It("sends a signal to a process", func(ctx SpecContext) {
			Expect(p.Start(ctx, named("a", podinit.ProcessSpec{Path: "sleep", Args: []string{"60"}}))).To(Succeed())
			Expect(p.Signal(ctx, "a", syscall.SIGUSR1)).To(Succeed())
			Expect(p.attach(ctx, "a").status).To(Equal(128 + int(syscall.SIGUSR1)))
			Expect(p.Signal(ctx, "a", syscall.SIGUSR1)).To(Succeed())
		})

		It("lets processes end by themselves", func(ctx SpecContext) {
			p.startTrap(ctx, "a", "trap 'echo bye; exit 9' TERM")
			Expect(p.Start(ctx, named("b", script("sleep 60 & wait")))).To(Succeed())
			Expect(p.Stop(ctx, false)).To(Succeed())
			Expect(p.attach(ctx, "a")).To(Equal(result{"ready\nbye\n", "", 9}))
			Expect(p.attach(ctx, "b").status).To(Equal(128 + 15))
			Expect(p.run(ctx, script("echo next")).stdout).To(Equal("next\n"))
		})

		It("kills those that don't", func(ctx SpecContext) {
			p.startTrap(ctx, "a", "trap '' TERM")
			Expect(p.Stop(ctx, false)).To(Succeed())
			Expect(p.attach(ctx, "a").status).To(Equal(128 + 9))
		})

		It("kills at once if asked to", func(ctx SpecContext) {
			p.startTrap(ctx, "a", "trap 'exit 9' TERM")
			Expect(p.Stop(ctx, true)).To(Succeed())
			Expect(p.attach(ctx, "a").status).To(Equal(128 + 9))
		})

		It("leaves the helper that a trap needs to the trap", func(ctx SpecContext) {
			p.startTrap(ctx, "a", "mkfifo $0.in $0.out; sh -c 'read word < $0.in; echo cleaned by $word > $0.out' $0 & "+
				"trap 'echo helper > $0.in; cat $0.out; exit 9' TERM; ")
			Expect(p.Stop(ctx, false)).To(Succeed())
			Expect(p.attach(ctx, "a")).To(Equal(result{"ready\ncleaned by helper\n", "", 9}))
		})

		It("leaves it to a trap to pass the signal on", func(ctx SpecContext) {
			p.startTrap(ctx, "a", "sleep 60 & helper=$!; trap 'kill $helper; wait $helper; echo helper ended with $?; exit 9' TERM; ")
			Expect(p.Stop(ctx, false)).To(Succeed())
			Expect(p.attach(ctx, "a")).To(Equal(result{"ready\nhelper ended with 143\n", "", 9}))
		})

		It("ends though a child goes on that holds the output open, and has the child end with the pod", func(ctx SpecContext) {
			p.startTrap(ctx, "a", "trap '' TERM; sleep 66 & trap 'exit 9' TERM; ")
			Expect(p.Stop(ctx, false)).To(Succeed())
			Expect(p.attach(ctx, "a")).To(Equal(result{"ready\n", "", 9}))
			Expect(p.run(ctx, script("cat /proc/[0-9]*/cmdline")).stdout).To(ContainSubstring("sleep\x0066"))
			namespace, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", p.command.Process.Pid))
			Expect(err).NotTo(HaveOccurred())

			Expect(p.command.Process.Signal(syscall.SIGTERM)).To(Succeed())
			Eventually(p.exited).Should(Receive(BeNil()))
			Expect(processesIn(namespace)).To(BeEmpty())
		})

		It("exits at once on SIGTERM when nothing runs", func(ctx SpecContext) {
			p := startPod(podOptions{env: os.Environ()})
			p.run(ctx, script("true"))
			Expect(p.command.Process.Signal(syscall.SIGTERM)).To(Succeed())
			Eventually(p.exited).Should(Receive(BeNil())) // sooner than --stop-timeout
		})

		It("stops processes on SIGTERM, delivers their last words, and no status, which may be a success", func(ctx SpecContext) {
			p.startTrap(ctx, "a", "trap 'echo bye; exit 0' TERM")
			p.startTrap(ctx, "b", "trap '' TERM")
			var stdout lockedBuffer
			ended := make(chan error)
			go func() {
				_, err := p.Attach(ctx, "a", podinit.ProcessIO{Stdout: &stdout})
				ended <- err
			}()
			Eventually(p.log.String).Should(Equal("ready\nready\n"))
			Expect(p.command.Process.Signal(syscall.SIGTERM)).To(Succeed())
			Eventually(ended).Should(Receive(MatchError(podinit.ErrStopped)))
			Expect(stdout.String()).To(Equal("ready\nbye\n"))
			Eventually(p.exited).Should(Receive(BeNil()))
		})
	})

	Describe("its socket", func() {
		It("is root's only, and takes the place of a stale one", func() {
			p := startPod(podOptions{launcher: []string{"sh", "-c", `echo stale > "$2"; exec "$0" "$@"`}})
			info, err := os.Stat(p.socket)
			Expect(err).NotTo(HaveOccurred())
			Expect(info.Mode()).To(Equal(os.ModeSocket | 0o600))
		})
	})

	Describe("in an image with a user that is not root", func() {
		asGames := []string{"setpriv", "--reuid=5", "--regid=60", "--groups=60,1"}
		identify := script("id -u; id -g; id -G; grep -E 'Cap(Prm|Eff)' /proc/self/status")

		It("runs processes as that user, or as any other", func(ctx SpecContext) {
			p := startPod(podOptions{binary: setuidBinary(), launcher: asGames, env: []string{"HOME=/image"}})
			Expect(p.run(ctx, identify).stdout).To(MatchRegexp(`^5\n60\n60 1\nCapPrm:\s+0+\nCapEff:\s+0+\n$`))
			Expect(p.run(ctx, script(`echo "$HOME $USER"`)).stdout).To(Equal("/image games\n"))
			root := script(`id -u; id -g; id -G; echo "$HOME $USER"`)
			root.User = "root"
			Expect(p.run(ctx, root).stdout).To(Equal("0\n0\n0\n/root root\n"))
		})

		It("goes on as that user where the setuid bit has no effect", func(ctx SpecContext) {
			p := startPod(podOptions{launcher: asGames})
			Expect(p.run(ctx, identify).stdout).To(HavePrefix("5\n60\n"))
			own := script("id -u")
			own.User = "games"
			Expect(p.run(ctx, own).stdout).To(Equal("5\n"))
			other := named("other", script("id -u"))
			other.User = "root"
			Expect(p.Start(ctx, other)).To(MatchError(ContainSubstring("init runs as uid 5 and can't change users")))
		})
	})

	It("lends root's rights to nobody but PID 1", func() {
		dir := GinkgoT().TempDir()
		command := exec.Command("setpriv", "--reuid=5", "--regid=60", "--clear-groups",
			setuidBinary(), "--socket", dir+"/s", "--state-dir", dir+"/state")
		output, err := command.CombinedOutput()
		Expect(err).To(HaveOccurred())
		Expect(string(output)).To(ContainSubstring("the first process of a pod"))
		Expect(dir + "/s").NotTo(BeAnExistingFile())
	})
})

// startTrap starts a process that has set a trap when it is ready.
func (p *pod) startTrap(ctx SpecContext, id, trap string) {
	GinkgoHelper()
	ready := filepath.Join(p.dir, id+".ready")
	// The shell tells on stderr of a helper that a signal ended.
	text := fmt.Sprintf("exec 2>/dev/null; %s\n echo ready; touch %s; while :; do sleep 0.01; done", trap, ready)
	Expect(p.Start(ctx, named(id, podinit.ProcessSpec{Path: "sh", Args: []string{"-c", text, filepath.Join(p.dir, id)}}))).To(Succeed())
	Eventually(func() error { _, err := os.Stat(ready); return err }).WithPolling(time.Millisecond).Should(Succeed())
}

// processesIn are the processes of a pid namespace.
func processesIn(namespace string) []string {
	links, err := filepath.Glob("/proc/[0-9]*/ns/pid")
	Expect(err).NotTo(HaveOccurred())
	return slices.DeleteFunc(links, func(link string) bool {
		found, err := os.Readlink(link)
		return err != nil || found != namespace
	})
}

func setuidBinary() string {
	GinkgoHelper()
	content, err := os.ReadFile(binary)
	Expect(err).NotTo(HaveOccurred())
	path := filepath.Join(filepath.Dir(binary), "setuid-init")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	Expect(os.WriteFile(path, content, 0o755)).To(Succeed())
	Expect(os.Chmod(path, 0o755|os.ModeSetuid)).To(Succeed())
	return path
}
