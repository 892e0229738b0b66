package podinit_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

var _ = Describe("the disk that output takes", func() {
	const size = 8_000_000
	spec := named("a", script("seq 2000000 | head -c 8000000"))

	onDisk := func(p *pod) int64 {
		GinkgoHelper()
		info, err := os.Stat(p.stateDir + "/a.stdout")
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Size()).To(BeEquivalentTo(size))
		return info.Sys().(*syscall.Stat_t).Blocks * 512
	}

	// startFollowed starts an init whose pod's log is read from the file returned.
	startFollowed := func() (*pod, *os.File) {
		GinkgoHelper()
		path := GinkgoT().TempDir() + "/log"
		Expect(syscall.Mkfifo(path, 0o600)).To(Succeed())
		log, err := os.OpenFile(path, os.O_RDWR, 0)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(log.Close)
		return startPod(podOptions{env: os.Environ(), launcher: []string{"sh", "-c", `exec "$0" "$@" > ` + path}}), log
	}

	It("is given back when both the client and the pod's log have it", func(ctx SpecContext) {
		p, log := startFollowed()
		delivered := p.run(ctx, spec).stdout
		Expect(delivered).To(HaveLen(size))
		Expect(onDisk(p)).To(BeNumerically(">=", size-1<<20), "the log has next to nothing")

		logged := make([]byte, size)
		Expect(io.ReadFull(log, logged)).To(Equal(size))
		Expect(string(logged) == delivered).To(BeTrue())
		Eventually(func() int64 { return onDisk(p) }).Should(BeNumerically("<", 2<<20))
	})

	It("is kept while there was no client for it", func(ctx SpecContext) {
		p := startPod(podOptions{env: os.Environ()})
		Expect(p.Start(ctx, spec)).To(Succeed())
		Eventually(p.log.String).Should(HaveLen(size))
		Expect(onDisk(p)).To(BeNumerically(">=", size))

		Expect(p.attach(ctx, "a").stdout == p.log.String()).To(BeTrue())
		Eventually(func() int64 { return onDisk(p) }).Should(BeNumerically("<", 2<<20))
	})

	It("is kept of what every client wants all of", func(ctx SpecContext) {
		p := startPod(podOptions{env: os.Environ()})
		document := spec
		document.ReplayStdout = true
		Expect(p.run(ctx, document).stdout).To(HaveLen(size))
		Expect(p.attach(ctx, "a").stdout).To(HaveLen(size))
	})

	It("is given back in the middle, and an attach goes on behind the hole", func(ctx SpecContext) {
		p := startPod(podOptions{env: os.Environ()})
		Expect(p.Start(ctx, spec)).To(Succeed())
		Eventually(p.log.String).Should(HaveLen(size))
		var output bytes.Buffer
		_, err := p.Attach(context.Background(), "a", podinit.ProcessIO{Stdout: &failingWriter{to: &output, left: size / 2}})
		Expect(err).To(MatchError(errFull))
		Eventually(func() int64 { return onDisk(p) }).Should(BeNumerically("<", size/2+2<<20))

		Expect(output.String()+p.attach(ctx, "a").stdout == p.log.String()).To(BeTrue())
	})
})
