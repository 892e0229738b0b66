package podinit_test

import (
	"bytes"
	"io"
	"os"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

var _ = Describe("PID 1 with a terminal", func() {
	var p *pod
	var spec podinit.ProcessSpec

	BeforeEach(func() {
		p = startPod(podOptions{env: os.Environ()})
		spec.ID = "a"
		spec.Terminal = &podinit.WindowSize{Columns: 123, Rows: 45}
	})

	It("gives the process a controlling terminal of that size that its user owns", func(ctx SpecContext) {
		spec.Path, spec.Args = "sh", []string{"-c", `stty size < /dev/tty; stat -c %U "$(tty)"; echo err >&2; exit 3`}
		spec.User = "nobody"
		Expect(p.run(ctx, spec)).To(Equal(result{"45 123\r\nnobody\r\nerr\r\n", "", 3}))
	})

	It("delivers all of a large output", func(ctx SpecContext) {
		spec.Path, spec.Args = "seq", []string{"100000"}
		outcome := p.run(ctx, spec)
		Expect(outcome.stdout).To(HaveLen(588895 + 100000))
		Expect(outcome.stdout).To(HaveSuffix("99999\r\n100000\r\n"))
	})

	It("resizes it", func(ctx SpecContext) {
		spec.Path, spec.Args = "sh", []string{"-c", `trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.01; done`}
		Expect(p.Start(ctx, spec)).To(Succeed())
		var stdout lockedBuffer
		done := make(chan error)
		go func() {
			_, err := p.Attach(ctx, "a", podinit.ProcessIO{Stdout: &stdout})
			done <- err
		}()
		Eventually(stdout.String).Should(Equal("ready\r\n"))
		Expect(p.Resize(ctx, "a", podinit.WindowSize{Columns: 99, Rows: 11})).To(Succeed())
		Eventually(done).Should(Receive(BeNil()))
		Expect(stdout.String()).To(Equal("ready\r\n11 99\r\n"))
		Expect(p.Resize(ctx, "a", podinit.WindowSize{Columns: 1, Rows: 1})).To(Succeed())
	})

	DescribeTable("types the end of file at the end of stdin",
		func(ctx SpecContext, stdin io.Reader, expected string) {
			spec.Path, spec.Args = "sh", []string{"-c", "stty -echo; echo ready; cat; echo end"}
			Expect(p.Start(ctx, spec)).To(Succeed())
			var stdout bytes.Buffer
			Expect(p.Attach(ctx, "a", podinit.ProcessIO{Stdin: stdin, Stdout: &stdout})).To(Equal(0))
			Expect(stdout.String()).To(HaveSuffix(expected))
		},
		Entry("after a line", strings.NewReader("line\n"), "line\r\nend\r\n"),
		Entry("within a line", strings.NewReader("li"), "liend\r\n"),
		Entry("without any", nil, "end\r\n"),
	)

	It("says so if there is none to resize", func(ctx SpecContext) {
		p.run(ctx, named("plain", script("true")))
		Expect(p.Resize(ctx, "plain", podinit.WindowSize{})).To(MatchError(ContainSubstring("without one")))
	})
})
