package podinit_test

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a socket that a step replaced", func() {
	It("is not followed to another socket of the node", func(ctx SpecContext) {
		dir := GinkgoT().TempDir()
		listener, err := net.Listen("unix", filepath.Join(dir, "of-the-node"))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(listener.Close)
		connected := make(chan struct{})
		go func() {
			if connection, err := listener.Accept(); err == nil {
				connection.Close()
				close(connected)
			}
		}()

		link := filepath.Join(dir, "init.sock")
		Expect(os.Symlink(filepath.Join(dir, "of-the-node"), link)).To(Succeed())
		_, err = podinit.NewClient(link).Ping(ctx)
		Expect(err).To(MatchError(ContainSubstring("is not a socket")))
		Consistently(connected, "100ms").ShouldNot(BeClosed())
	})

	DescribeTable("does the worker no harm by what it answers", func(ctx SpecContext, frame protocol.Frame, complaint string) {
		socket := filepath.Join(GinkgoT().TempDir(), "init.sock")
		listener, err := net.Listen("unix", socket)
		Expect(err).NotTo(HaveOccurred())
		impostor := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", protocol.Upgrade)
			w.WriteHeader(http.StatusSwitchingProtocols)
			connection, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			defer connection.Close()
			protocol.WriteFrame(connection, frame)
		})}
		go impostor.Serve(listener)
		DeferCleanup(impostor.Close)

		_, err = podinit.NewClient(socket).Attach(ctx, "step", podinit.ProcessIO{Stdout: io.Discard})
		Expect(err).To(MatchError(ContainSubstring(complaint)))
	},
		Entry("an exit status that is none", protocol.Frame{Kind: protocol.Exit, Data: []byte{1}}, "exit status of 1 bytes"),
		Entry("output that nobody asked for", protocol.Frame{Kind: protocol.Stderr, Data: []byte("x")}, "not asked for"),
		Entry("a frame of another protocol", protocol.Frame{Kind: protocol.Stdout, Data: make([]byte, 2*protocol.MaxData)}, "at most"),
	)
})
