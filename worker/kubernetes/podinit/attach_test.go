package podinit_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

var _ = Describe("Attaching to a process", func() {
	var p *pod

	BeforeEach(func() {
		p = startPod(podOptions{env: os.Environ()})
	})

	Describe("again", func() {
		It("gives all of stdout anew to a client that reads it as one document", func(ctx SpecContext) {
			spec := named("a", script("echo document; echo note >&2"))
			spec.ReplayStdout = true
			Expect(p.Start(ctx, spec)).To(Succeed())

			var stdout, stderr bytes.Buffer
			attach := podinit.ProcessIO{Stdout: &stdout, Stderr: &stderr}
			Expect(p.Attach(ctx, "a", attach)).To(BeZero())
			Expect(p.Attach(ctx, "a", attach)).To(BeZero())
			Expect(stdout.String()).To(Equal("document\ndocument\n"))
			Expect(stderr.String()).To(Equal("note\n"))
		})

		It("goes on at the next byte after the client left", func(ctx SpecContext) {
			Expect(p.Start(ctx, named("a", script("echo one; read line; echo two; exit 4")))).To(Succeed())
			first, leave := context.WithCancel(ctx)
			stdin, write := io.Pipe()
			DeferCleanup(write.Close)
			var stdout lockedBuffer
			attached := make(chan error)
			go func() {
				_, err := p.Attach(first, "a", podinit.ProcessIO{Stdin: stdin, Stdout: &stdout})
				attached <- err
			}()
			Eventually(stdout.String).Should(Equal("one\n"))
			leave()
			Eventually(attached).Should(Receive(MatchError(context.Canceled)))

			var rest bytes.Buffer
			restarted := podinit.NewClient(p.socket)
			status, err := restarted.Attach(ctx, "a", podinit.ProcessIO{Stdin: strings.NewReader("\n"), Stdout: &rest})
			Expect(err).NotTo(HaveOccurred())
			Expect(rest.String()).To(Equal("two\n"))
			Expect(status).To(Equal(4))
		})

		It("goes on after the last byte that was written, at whatever byte that is", func(ctx SpecContext) {
			const size = 1_000_000
			Expect(p.Start(ctx, named("a", script("seq 1 200000 | head -c "+strconv.Itoa(size))))).To(Succeed())
			var output bytes.Buffer
			for {
				_, err := p.Attach(ctx, "a", podinit.ProcessIO{Stdout: &failingWriter{to: &output, left: 99_999}})
				if err == nil {
					break
				}
				Expect(err).To(MatchError(errFull))
			}
			Expect(output.Len()).To(Equal(size))
			Expect(output.String()).To(HavePrefix("1\n2\n3\n"))
			var expected strings.Builder
			for i := 1; expected.Len() < size; i++ {
				fmt.Fprintln(&expected, i)
			}
			Expect(output.String() == expected.String()[:size]).To(BeTrue())
		})

		It("has the exit status, and no output that was delivered", func(ctx SpecContext) {
			Expect(p.run(ctx, named("a", script("echo out; exit 5")))).To(Equal(result{"out\n", "", 5}))
			Expect(p.attach(ctx, "a")).To(Equal(result{"", "", 5}))
		})

		It("delivers a stream that had no writer before", func(ctx SpecContext) {
			Expect(p.Start(ctx, named("a", script("echo out; echo err >&2")))).To(Succeed())
			_, err := p.Attach(ctx, "a", podinit.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			Expect(p.attach(ctx, "a")).To(Equal(result{"out\n", "err\n", 0}))
		})
	})

	It("works twice at a time", func(ctx SpecContext) {
		Expect(p.Start(ctx, named("a", script("echo one; cat; echo two")))).To(Succeed())
		stdin, write := io.Pipe()
		var first, second lockedBuffer
		done := make(chan error, 2)
		for _, streams := range []podinit.ProcessIO{{Stdin: stdin, Stdout: &first}, {Stdout: &second}} {
			go func() {
				_, err := p.Attach(ctx, "a", streams)
				done <- err
			}()
			if streams.Stdin != nil {
				Eventually(first.String).Should(Equal("one\n"))
			}
		}
		typed := ""
		Eventually(func() string {
			io.WriteString(write, "typed\n")
			typed += "typed\n"
			return second.String()
		}).ShouldNot(BeEmpty())
		Expect(write.Close()).To(Succeed())
		Eventually(done).Should(Receive(BeNil()))
		Eventually(done).Should(Receive(BeNil()))
		Expect(first.String()).To(Equal("one\n" + typed + "two\n"))
		Expect(second.String()).To(HaveSuffix("typed\ntwo\n"))
		Expect(first.String()).To(HaveSuffix(second.String()))
	})

	It("delivers at once what a process writes", func(ctx SpecContext) {
		Expect(p.Start(ctx, named("a", podinit.ProcessSpec{Path: "cat"}))).To(Succeed())
		stdin, typed := io.Pipe()
		output, stdout := io.Pipe()
		go p.Attach(ctx, "a", podinit.ProcessIO{Stdin: stdin, Stdout: stdout})
		DeferCleanup(typed.Close)
		for range 200 {
			Expect(io.WriteString(typed, "ping")).To(Equal(4))
			Expect(io.ReadFull(output, make([]byte, 4))).To(Equal(4))
		}
	})

	It("takes no memory for 200 MB of output, and does not hold up the process while it may be kept", func(ctx SpecContext) {
		const size = 200 << 20
		p := startPod(podOptions{env: os.Environ(), args: []string{fmt.Sprintf("--max-kept=%d", size+1)}})
		Expect(p.Start(ctx, named("a", script(fmt.Sprintf("head -c %d /dev/zero; touch %s/done", size, p.dir))))).To(Succeed())
		// Nobody is attached yet.
		Eventually(func() error { _, err := os.Stat(p.dir + "/done"); return err }, "15s").Should(Succeed())
		digest := sha256.New()
		counter := &countingWriter{to: digest}
		Expect(p.Attach(ctx, "a", podinit.ProcessIO{Stdout: counter})).To(Equal(0))
		Expect(counter.n).To(Equal(size))
		Expect(p.peakMemory()).To(BeNumerically("<", 30<<20))
	})

	Describe("stdin", func() {
		It("is passed on to its end", func(ctx SpecContext) {
			Expect(p.Start(ctx, named("a", podinit.ProcessSpec{Path: "wc", Args: []string{"-c"}}))).To(Succeed())
			var stdout bytes.Buffer
			input := bytes.NewReader(make([]byte, 3_000_000))
			Expect(p.Attach(ctx, "a", podinit.ProcessIO{Stdin: input, Stdout: &stdout})).To(Equal(0))
			Expect(stdout.String()).To(Equal("3000000\n"))
		})

		It("is empty if there is none", func(ctx SpecContext) {
			Expect(p.run(ctx, script("cat; echo end")).stdout).To(Equal("end\n"))
		})

		It("does not hold up a process that does not read it", func(ctx SpecContext) {
			Expect(p.Start(ctx, named("a", script("exit 6")))).To(Succeed())
			Expect(p.Attach(ctx, "a", podinit.ProcessIO{Stdin: bytes.NewReader(make([]byte, 3_000_000))})).To(Equal(6))
		})

		It("stays open when its client breaks, and is another's then", func(ctx SpecContext) {
			Expect(p.Start(ctx, named("a", script("cat; echo end")))).To(Succeed())
			var stdout lockedBuffer
			broken, breakDown := context.WithCancel(ctx)
			stdin, write := io.Pipe()
			attached := make(chan error)
			go func() {
				_, err := p.Attach(broken, "a", podinit.ProcessIO{Stdin: stdin, Stdout: &stdout})
				attached <- err
			}()
			Expect(io.WriteString(write, "one ")).To(Equal(4))
			Eventually(stdout.String).Should(Equal("one "))
			breakDown()
			Eventually(attached).Should(Receive(HaveOccurred()))
			write.CloseWithError(errors.New("broken"))

			watcher, leave := context.WithTimeout(ctx, 100*time.Millisecond)
			defer leave()
			_, err := p.Attach(watcher, "a", podinit.ProcessIO{Stdout: &stdout})
			Expect(err).To(MatchError(context.DeadlineExceeded))

			Expect(p.Attach(ctx, "a", podinit.ProcessIO{Stdin: strings.NewReader("two "), Stdout: &stdout})).To(Equal(0))
			Expect(stdout.String()).To(Equal("one two end\n"))
		})
	})

	It("ends with the process although its children hold its output open", func(ctx SpecContext) {
		outcome := p.run(ctx, script("sleep 60 & echo out; exit 7"))
		Expect(outcome).To(Equal(result{"out\n", "", 7}))
	}, SpecTimeout(30*time.Second)) // less than the child sleeps

	It("ends although a child goes on and on with output", func(ctx SpecContext) {
		Expect(p.run(ctx, script("yes & exit 7")).status).To(Equal(7))
	})

	It("says so when init ends first", func(ctx SpecContext) {
		Expect(p.Start(ctx, named("a", script("echo out; sleep 60")))).To(Succeed())
		var stdout lockedBuffer
		attached := make(chan error)
		go func() {
			_, err := p.Attach(ctx, "a", podinit.ProcessIO{Stdout: &stdout})
			attached <- err
		}()
		Eventually(stdout.String).Should(Equal("out\n"))
		Expect(p.command.Process.Kill()).To(Succeed())
		Eventually(attached).Should(Receive(MatchError(ContainSubstring("broke before the process ended"))))
	})
})

func (p *pod) peakMemory() int {
	GinkgoHelper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	Expect(err).NotTo(HaveOccurred())
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	kilobytes, err := strconv.Atoi(strings.Fields(after)[0])
	Expect(err).NotTo(HaveOccurred())
	return kilobytes << 10
}
