package podinit_test

import (
	"context"
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

var _ = Describe("a process that prints more than is kept for its clients", func() {
	const maxKept, size = 1_000_000, 8_000_000

	var p *pod

	BeforeEach(func() {
		p = startPod(podOptions{env: os.Environ(), args: []string{"--max-kept=1000000"}})
	})

	spec := named("a", script("seq 2000000 | head -c 8000000"))
	kept := func() int64 {
		GinkgoHelper()
		info, err := os.Stat(p.stateDir + "/a.stdout")
		Expect(err).NotTo(HaveOccurred())
		return info.Size()
	}

	It("is held up until a client takes it, and then comes to its end", func(ctx SpecContext) {
		Expect(p.Start(ctx, spec)).To(Succeed())
		Eventually(kept).Should(BeNumerically(">=", maxKept))
		Consistently(kept, "300ms").Should(BeNumerically("<", maxKept+100_000))

		Expect(p.attach(ctx, "a").stdout).To(HaveLen(size))
	})

	It("is held up again when the client leaves", func(ctx SpecContext) {
		Expect(p.Start(ctx, spec)).To(Succeed())
		_, err := p.Attach(context.Background(), "a", podinit.ProcessIO{Stdout: &failingWriter{to: GinkgoWriter, left: 3_000_000}})
		Expect(err).To(MatchError(errFull))
		Eventually(kept).Should(BeNumerically(">=", 3_000_000+maxKept))
		Consistently(kept, "300ms").Should(BeNumerically("<", 3_000_000+maxKept+100_000))

		Expect(p.attach(ctx, "a").stdout).To(HaveLen(size - 3_000_000))
	})

	It("can be stopped", func(ctx SpecContext) {
		Expect(p.Start(ctx, spec)).To(Succeed())
		Eventually(kept).Should(BeNumerically(">=", maxKept))
		Expect(p.Stop(ctx, false)).To(Succeed())
		Expect(p.attach(ctx, "a").stdout).To(HaveLen(int(kept())))
	})

	It("goes on if every client gets all of its output", func(ctx SpecContext) {
		document := spec
		document.ReplayStdout = true
		Expect(p.Start(ctx, document)).To(Succeed())
		Eventually(kept).Should(BeEquivalentTo(size))
	})
})
