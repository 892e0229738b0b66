package podinit_test

import (
	"context"
	"io"
	"net"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
)

var _ = Describe("A client that takes its time", func() {
	It("is waited for, and gets everything", func(ctx SpecContext) {
		client := impostor(func(connection net.Conn) {
			io.WriteString(connection, switching+output(0, "one")+encoded(protocol.Frame{Kind: protocol.Exit, Data: []byte{0, 0, 0, 3}}))
		})
		reader, writer := io.Pipe()
		status := make(chan int, 1)
		go func() {
			code, _ := client.Attach(ctx, "step", podinit.ProcessIO{Stdout: writer})
			status <- code
		}()
		Consistently(status, "500ms").ShouldNot(Receive()) // longer than anything of the pod's is waited for
		Expect(io.ReadFull(reader, make([]byte, 3))).To(Equal(3))
		Eventually(status).Should(Receive(Equal(3)))
	})

	It("is seen to be the one who is waited for", func(ctx SpecContext) {
		client := impostor(func(connection net.Conn) {
			io.WriteString(connection, switching+output(0, "one"))
			io.Copy(io.Discard, connection)
		})
		writer := &blockedWriter{called: make(chan struct{}), release: make(chan struct{})}
		var writing podinit.Writing
		active, begun := writing.See()
		Expect(active).To(BeFalse())
		attached, detach := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() {
			_, err := client.Attach(attached, "step", podinit.ProcessIO{Stdout: writer, Writing: &writing})
			ended <- err
		}()
		Eventually(writer.called).Should(BeClosed())
		Expect(begun).To(BeClosed())
		active, over := writing.See()
		Expect(active).To(BeTrue())

		close(writer.release)
		Eventually(over).Should(BeClosed())
		active, _ = writing.See()
		Expect(active).To(BeFalse())
		detach()
		Eventually(ended).Should(Receive(MatchError(context.Canceled)))
	})

	It("does not hold up one who leaves, and nobody knows what it has then", func(ctx SpecContext) {
		client := impostor(says(switching, output(0, "one")))
		writer := &blockedWriter{called: make(chan struct{}), release: make(chan struct{})}
		DeferCleanup(func() { close(writer.release) })
		attached, detach := context.WithCancel(ctx)
		delivered := podinit.Delivered{}
		ended := make(chan error, 1)
		go func() {
			_, err := client.Attach(attached, "step", podinit.ProcessIO{Stdout: writer, Delivered: &delivered})
			ended <- err
		}()
		Eventually(writer.called).Should(BeClosed())
		detach()
		Eventually(ended).Should(Receive(MatchError(context.Canceled)))
		Expect(delivered).To(Equal(podinit.Delivered{Stdout: -1}))
	})

	It("is waited for when it is the pod that is gone", func(ctx SpecContext) {
		client := impostor(says(switching, output(0, "one")))
		writer := &blockedWriter{called: make(chan struct{}), release: make(chan struct{})}
		attached, detach := context.WithCancelCause(ctx)
		delivered := podinit.Delivered{}
		ended := make(chan error, 1)
		go func() {
			_, err := client.Attach(attached, "step", podinit.ProcessIO{Stdout: writer, Delivered: &delivered})
			ended <- err
		}()
		Eventually(writer.called).Should(BeClosed())
		detach(podinit.ErrPodEnded)
		Consistently(ended, "500ms").ShouldNot(Receive())
		close(writer.release)
		Eventually(ended).Should(Receive(MatchError(podinit.ErrPodEnded)))
		Expect(delivered).To(Equal(podinit.Delivered{Stdout: 3}))
	})
})

// blockedWriter takes nothing before it is released.
type blockedWriter struct{ called, release chan struct{} }

func (w *blockedWriter) Write(data []byte) (int, error) {
	close(w.called)
	<-w.release
	return len(data), nil
}
