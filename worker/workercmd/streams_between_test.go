package workercmd

import (
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/concourse/concourse/worker/baggageclaim"
	bclient "github.com/concourse/concourse/worker/baggageclaim/client"
	"github.com/concourse/flag/v2"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/tedsuo/ifrit"
	"github.com/tedsuo/ifrit/ginkgomon_v2"

	"github.com/concourse/concourse-kubernetes/worker/endpoint"
)

var _ = Describe("two workers", func() {
	BeforeEach(func() {
		if os.Geteuid() != 0 {
			Skip("only root gives directories to root")
		}
	})

	// start runs a worker's Baggageclaim, and returns what web asks it by: its socket.
	start := func() (asks baggageclaim.Client) {
		GinkgoHelper()
		command := new(WorkerCommand)
		command.WorkDir = flag.Dir(GinkgoT().TempDir())
		command.Baggageclaim.Driver = "naive"
		command.Baggageclaim.P2pInterfaceNamePattern = "^lo$"
		command.Baggageclaim.P2pInterfaceFamily = 4
		command.Baggageclaim.Logger.LogLevel = "error"
		command.Baggageclaim.BindPort = freePort()

		streams := endpoint.TCP(net.IPv4(127, 0, 0, 1), command.Baggageclaim.BindPort)
		at := endpoints{baggageclaim: endpoint.Unix(filepath.Join(command.WorkDir.Path(), "sockets", "baggageclaim.sock")), streams: &streams}
		runner, err := command.baggageclaimForPods(at)
		Expect(err).NotTo(HaveOccurred())
		process := ifrit.Invoke(runner)
		DeferCleanup(func() { ginkgomon_v2.Interrupt(process) })
		return bclient.NewWithHTTPClient("http://baggageclaim", at.baggageclaim.HTTPClient(time.Minute))
	}
	volume := func(ctx SpecContext, of baggageclaim.Client, handle string) baggageclaim.Volume {
		GinkgoHelper()
		made, err := of.CreateVolume(ctx, handle, baggageclaim.VolumeSpec{Strategy: baggageclaim.EmptyStrategy{}})
		Expect(err).NotTo(HaveOccurred())
		return made
	}

	It("stream volumes to each other by the one request that they reach of each other", func(ctx SpecContext) {
		one, other := start(), start()
		from, to := volume(ctx, one, "from"), volume(ctx, other, "to")
		Expect(os.WriteFile(filepath.Join(from.Path(), "file"), []byte("content"), 0o644)).To(Succeed())

		url, err := to.GetStreamInP2pUrl(ctx, ".")
		Expect(err).NotTo(HaveOccurred())
		Expect(from.StreamP2pOut(ctx, ".", url, baggageclaim.GzipEncoding)).To(Succeed())
		Expect(os.ReadFile(filepath.Join(to.Path(), "file"))).To(BeEquivalentTo("content"))
	})
})

func freePort() uint16 {
	GinkgoHelper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	defer listener.Close()
	return uint16(listener.Addr().(*net.TCPAddr).Port)
}
