package podinit_test

import (
	"net"
	"os"
	"path/filepath"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
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
		Expect(podinit.NewClient(link).Ping(ctx)).To(MatchError(ContainSubstring("is not a socket")))
		Consistently(connected, "100ms").ShouldNot(BeClosed())
	})
})
