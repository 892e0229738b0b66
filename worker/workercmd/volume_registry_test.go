package workercmd

import (
	"fmt"
	"net"
	"net/http"
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/tedsuo/ifrit"
)

var _ = Describe("the registry of volumes", func() {
	BeforeEach(func() {
		if os.Getuid() != 0 {
			Skip("only root may enter the node's network namespace")
		}
	})
	// These specs run on the node themselves.
	command := func(port int) *WorkerCommand {
		return &WorkerCommand{Kubernetes: KubernetesFlags{
			VolumeRegistry: uint16(port), NodeNetwork: fmt.Sprintf("/proc/%d/ns/net", os.Getpid()),
		}}
	}

	It("is on the node's loopback alone", func() {
		Expect(command(7790).volumeRegistryAddress()).To(Equal("127.0.0.1:7790"))
	})

	It("says which flag to change when its port is taken", func() {
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(taken.Close)

		process := ifrit.Background(command(taken.Addr().(*net.TCPAddr).Port).volumeRegistry(http.NotFoundHandler()))
		Eventually(process.Wait()).Should(Receive(MatchError(ContainSubstring("--kubernetes-volume-registry-port"))))
	})

	It("ends when it is signalled", func() {
		process := ifrit.Invoke(command(0).volumeRegistry(http.NotFoundHandler()))
		process.Signal(os.Interrupt)
		Eventually(process.Wait()).Should(Receive(BeNil()))
	})
})
