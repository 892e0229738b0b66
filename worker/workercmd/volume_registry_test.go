package workercmd

import (
	"net"
	"net/http"
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/tedsuo/ifrit"
)

var _ = Describe("the registry of volumes", func() {
	It("is on the node's loopback alone", func() {
		command := &WorkerCommand{Kubernetes: KubernetesFlags{VolumeRegistry: 7790}}
		Expect(command.volumeRegistryAddress()).To(Equal("127.0.0.1:7790"))
	})

	It("says which flag to change when its port is taken", func() {
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(taken.Close)

		process := ifrit.Background(volumeRegistry{taken.Addr().String(), http.NotFoundHandler()})
		Eventually(process.Wait()).Should(Receive(MatchError(ContainSubstring("--kubernetes-volume-registry-port"))))
	})

	It("ends when it is signalled", func() {
		process := ifrit.Invoke(volumeRegistry{"127.0.0.1:0", http.NotFoundHandler()})
		process.Signal(os.Interrupt)
		Eventually(process.Wait()).Should(Receive(BeNil()))
	})
})
