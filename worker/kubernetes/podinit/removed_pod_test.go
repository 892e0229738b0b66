package podinit_test

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
	"github.com/concourse/concourse-kubernetes/worker/outputstream"
)

var _ = Describe("the output of a process that had ended when its pod was removed", func() {
	const size = 8_000_000
	var (
		p        *pod
		numbered = script("seq 2000000 | head -c 8000000; printf err >&2; exit 3")
	)

	BeforeEach(func() { p = startPod(podOptions{env: os.Environ()}) })

	ended := func(ctx SpecContext) podinit.ProcessState {
		GinkgoHelper()
		Eventually(p.told(ctx)).Should(ConsistOf(HaveField("Running", false)))
		states, err := p.Processes(ctx)
		Expect(err).NotTo(HaveOccurred())
		return states[0]
	}
	remove := func() {
		GinkgoHelper()
		Expect(p.command.Process.Signal(syscall.SIGTERM)).To(Succeed())
		Eventually(p.exited).Should(BeClosed())
	}
	onDisk := func() int64 {
		GinkgoHelper()
		info, err := os.Stat(p.stateDir + "/a.stdout")
		Expect(err).NotTo(HaveOccurred())
		return info.Sys().(*syscall.Stat_t).Blocks * 512
	}
	// takesHalf is a client that leaves in the middle. Init gives back what it took.
	takesHalf := func(ctx SpecContext) string {
		GinkgoHelper()
		var output bytes.Buffer
		_, err := p.Attach(ctx, "a", podinit.ProcessIO{Stdout: &failingWriter{to: &output, left: size / 2}})
		Expect(err).To(MatchError(errFull))
		Eventually(onDisk).Should(BeNumerically("<", size/2+2<<20))
		return output.String()
	}

	It("is delivered from where clients have it, once, without what init gave back", func(ctx SpecContext) {
		Expect(p.Start(ctx, named("a", numbered))).To(Succeed())
		first := takesHalf(ctx)
		state := ended(ctx)
		Expect(state).To(Equal(podinit.ProcessState{ID: "a", ExitStatus: 3, Delivered: podinit.Delivered{Stdout: size / 2}}))
		remove()

		var stdout, stderr bytes.Buffer
		streams := podinit.ProcessIO{Stdout: &stdout, Stderr: &stderr, Delivered: &state.Delivered}
		for range 2 {
			Expect(podinit.DeliverLeftover(p.stateDir, "a", streams, "")).To(Succeed())
		}
		Expect(first+stdout.String() == numbers(size)).To(BeTrue())
		Expect(stderr.String()).To(Equal("err"))
		Expect(state.Delivered).To(Equal(podinit.Delivered{Stdout: size, Stderr: 3}))
	})

	It("is delivered to the first client that comes", func(ctx SpecContext) {
		Expect(p.Start(ctx, named("a", numbered))).To(Succeed())
		state := ended(ctx)
		remove()

		var stdout, stderr bytes.Buffer
		streams := podinit.ProcessIO{Stdout: &stdout, Stderr: &stderr, Delivered: &state.Delivered}
		Expect(podinit.DeliverLeftover(p.stateDir, "a", streams, "")).To(Succeed())
		Expect(stdout.String() == numbers(size)).To(BeTrue())
		Expect(stderr.String()).To(Equal("err"))
	})

	It("is delivered to a client that knows what it has, where nobody else does", func(ctx SpecContext) {
		Expect(p.Start(ctx, named("a", numbered))).To(Succeed())
		client := &rememberingWriter{}
		client.WriteString(takesHalf(ctx))
		ended(ctx)
		remove()

		streams := podinit.ProcessIO{Stdout: client, Delivered: &podinit.Delivered{Stdout: -1, Stderr: -1}}
		for range 2 {
			Expect(podinit.DeliverLeftover(p.stateDir, "a", streams, "")).To(Succeed())
		}
		Expect(client.String() == numbers(size)).To(BeTrue())
	})

	It("is delivered to each client in full if it is a document", func(ctx SpecContext) {
		document := script("printf '{}'; printf log >&2")
		document.ReplayStdout = true
		Expect(p.run(ctx, named("a", document))).To(Equal(result{"{}", "log", 0}))
		state := ended(ctx)
		Expect(state.Delivered).To(Equal(podinit.Delivered{Stdout: 0, Stderr: 3}))
		remove()

		for range 2 {
			var stdout, stderr bytes.Buffer
			from := state.Delivered
			streams := podinit.ProcessIO{Stdout: &stdout, Stderr: &stderr, Delivered: &from}
			Expect(podinit.DeliverLeftover(p.stateDir, "a", streams, "")).To(Succeed())
			Expect(stdout.String()).To(Equal("{}"))
			Expect(stderr.String()).To(BeEmpty())
		}
	})
})

// numbers is what seq prints, as far as there is room.
func numbers(size int) string {
	var text strings.Builder
	for i := 1; text.Len() < size; i++ {
		text.WriteString(strconv.Itoa(i) + "\n")
	}
	return text.String()[:size]
}

// rememberingWriter takes what comes after what it has.
type rememberingWriter struct{ bytes.Buffer }

var _ outputstream.Rememberer = (*rememberingWriter)(nil)

func (w *rememberingWriter) Remembers() bool { return true }

func (w *rememberingWriter) WriteOutput(data []byte, position int64) (int64, error) {
	if known := int64(w.Len()) - position; known > 0 {
		data = data[min(known, int64(len(data))):]
	}
	w.Write(data)
	return int64(w.Len()), nil
}
