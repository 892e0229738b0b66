package podinit_test

import (
	"bytes"
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
	"github.com/concourse/concourse-kubernetes/worker/outputstream"
)

var _ = Describe("A writer that has output for good later than it takes it", func() {
	It("is given again what it did not have for good", func(ctx SpecContext) {
		p := startPod(podOptions{env: os.Environ()})
		Expect(p.Start(ctx, named("a", script("printf 0123456789")))).To(Succeed())

		first := &lateWriter{late: 4}
		delivered := &podinit.Delivered{}
		Expect(p.Attach(ctx, "a", podinit.ProcessIO{Stdout: first, Delivered: delivered})).To(BeZero())
		Expect(first.String()).To(Equal("0123456789"))
		Expect(delivered.Stdout).To(BeEquivalentTo(6))

		second := &lateWriter{}
		Expect(p.Attach(ctx, "a", podinit.ProcessIO{Stdout: second})).To(BeZero())
		Expect(second.String()).To(Equal("6789"))
		Expect(second.positions[0]).To(BeEquivalentTo(6))
	})

	It("is given again what an init that was killed left, and it did not have for good", func() {
		stateDir := GinkgoT().TempDir()
		Expect(os.WriteFile(stateDir+"/a.stdout", []byte("0123456789"), 0o600)).To(Succeed())
		delivered := &podinit.Delivered{Stdout: 2}
		first, second := &lateWriter{late: 4}, &lateWriter{}
		Expect(podinit.DeliverLeftover(stateDir, "a", podinit.ProcessIO{Stdout: first, Delivered: delivered}, "")).To(Succeed())
		Expect(podinit.DeliverLeftover(stateDir, "a", podinit.ProcessIO{Stdout: second, Delivered: delivered}, "")).To(Succeed())
		Expect(first.String()).To(Equal("23456789"))
		Expect(second.String()).To(Equal("6789"))
	})

	It("is told where what an init that was killed left lies", func() {
		stateDir := GinkgoT().TempDir()
		Expect(os.WriteFile(stateDir+"/a.stdout", []byte("0123456789"), 0o600)).To(Succeed())
		writer := &lateWriter{}
		streams := podinit.ProcessIO{Stdout: writer, Delivered: &podinit.Delivered{Stdout: 7}}
		Expect(podinit.DeliverLeftover(stateDir, "a", streams, "note")).To(Succeed())
		Expect(writer.String()).To(Equal("789note"))
		Expect(writer.positions).To(Equal([]int64{7, 10}))
		Expect(streams.Delivered.Stdout).To(BeEquivalentTo(10), "the note is not of the output")
	})
})

// lateWriter has all but the last bytes for good.
type lateWriter struct {
	bytes.Buffer
	late      int64
	positions []int64
}

var _ outputstream.Destination = (*lateWriter)(nil)

func (w *lateWriter) WriteOutput(data []byte, position int64) (int64, error) {
	w.positions = append(w.positions, position)
	n, err := w.Write(data)
	return position + int64(n) - w.late, err
}
