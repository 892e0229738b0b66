package tunnel_test

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"time"

	"code.cloudfoundry.org/lager/v3/lagerctx"
	"code.cloudfoundry.org/lager/v3/lagertest"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/crypto/ssh"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/tsa"

	"github.com/concourse/concourse-kubernetes/worker/endpoint"
	"github.com/concourse/concourse-kubernetes/worker/tunnel"
)

var _ = Describe("the registration of a worker", func() {
	var (
		web                  *gateway
		client               tunnel.Client
		garden, baggageclaim endpoint.Endpoint
		options              tsa.RegisterOptions
		registered, beats    chan bool
		ended                chan error
		end                  context.CancelFunc
	)

	BeforeEach(func() {
		web = newGateway()
		client = tunnel.Client{Client: &tsa.Client{
			Hosts: []string{web.address}, HostKeys: []ssh.PublicKey{web.key},
			PrivateKey: newKey(), Worker: atc.Worker{Name: "some-worker"},
		}}
		sockets := filepath.Join(GinkgoT().TempDir(), "sockets")
		garden, baggageclaim = endpoint.Unix(filepath.Join(sockets, "garden")), endpoint.Unix(filepath.Join(sockets, "baggageclaim"))
		isRegistered, beat := make(chan bool, 1), make(chan bool, 1)
		registered, beats = isRegistered, beat
		options = tsa.RegisterOptions{
			LocalGardenNetwork: garden.Network, LocalGardenAddr: garden.Address,
			LocalBaggageclaimNetwork: baggageclaim.Network, LocalBaggageclaimAddr: baggageclaim.Address,
			RegisteredFunc: func() { isRegistered <- true }, HeartbeatedFunc: func() { beat <- true },
		}
	})

	register := func() {
		var ctx context.Context
		ctx, end = context.WithCancel(lagerctx.NewContext(context.Background(), lagertest.NewTestLogger("worker")))
		DeferCleanup(end)
		ended = make(chan error, 1)
		go func() { ended <- client.Register(ctx, options) }()
	}
	isRegistered := func() *ssh.ServerConn {
		GinkgoHelper()
		var worker *ssh.ServerConn
		Eventually(web.connections).Should(Receive(&worker))
		Eventually(registered).Should(Receive())
		Expect(web.commands).To(Receive(Equal("forward-worker --garden 0.0.0.0:7777 --baggageclaim 0.0.0.0:7788")))
		Expect(web.workers).To(Receive(HaveField("Name", "some-worker")))
		return worker
	}
	// says has a server answer each connection with a word and end it.
	says := func(listener net.Listener, word string) {
		GinkgoHelper()
		DeferCleanup(listener.Close)
		go func() {
			for {
				connection, err := listener.Accept()
				if err != nil {
					return
				}
				io.WriteString(connection, word)
				connection.Close()
			}
		}()
	}

	It("tells web of the worker, and the worker of heartbeats", func() {
		register()
		isRegistered()
		Eventually(beats).Should(Receive())
	})

	It("lets web reach servers at unix sockets, and at TCP addresses", func() {
		says(listening(garden), "garden")
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		options.LocalBaggageclaimNetwork, options.LocalBaggageclaimAddr = "tcp", tcp.Addr().String()
		says(tcp, "baggageclaim")
		register()
		worker := isRegistered()

		Expect(io.ReadAll(web.reach(worker, 7777))).To(BeEquivalentTo("garden"))
		Expect(io.ReadAll(web.reach(worker, 7788))).To(BeEquivalentTo("baggageclaim"))
	})

	It("has web wait for a server that does not listen yet", func() {
		register()
		reached := web.reach(isRegistered(), 7777)
		says(listening(garden), "garden")
		Expect(io.ReadAll(reached)).To(BeEquivalentTo("garden"))
	})

	It("ends without an error when web ends it, as it does once the worker has landed", func() {
		register()
		isRegistered()
		web.status <- 0
		Eventually(ended).Should(Receive(BeNil()))
	})

	It("says with which status web ended it", func() {
		register()
		isRegistered()
		web.status <- 1
		var exit *ssh.ExitError
		Eventually(ended).Should(Receive(BeAssignableToTypeOf(exit)))
	})

	It("tells web that it ends, and waits for what is in progress", func() {
		register()
		isRegistered()
		end()
		Eventually(web.told).Should(Receive(Equal("INT")))
		Expect(ended).NotTo(Receive())
		web.status <- 0
		Eventually(ended).Should(Receive(BeNil()))
	})

	It("does not wait for longer than it may", func() {
		options.ConnectionDrainTimeout = 100 * time.Millisecond
		register()
		isRegistered()
		end()
		Eventually(ended).Should(Receive(Equal(tsa.ErrConnectionDrainTimeout)))
	})

	It("says that no gateway answers, and which flag names them", func() {
		client.Hosts = []string{net.JoinHostPort("127.0.0.1", "1")}
		register()
		Eventually(ended).Should(Receive(And(
			MatchError(tsa.ErrAllGatewaysUnreachable), MatchError(ContainSubstring("127.0.0.1:1")), MatchError(ContainSubstring("--tsa-host")),
		)))
	})

	It("trusts no host with another key", func() {
		client.HostKeys = newGateway().keys()
		register()
		var handshake *tsa.HandshakeError
		Eventually(ended).Should(Receive(And(BeAssignableToTypeOf(handshake), MatchError(ContainSubstring("--tsa-public-key")))))
		Expect(web.commands).NotTo(Receive())
	})
})

func (g *gateway) keys() []ssh.PublicKey { return []ssh.PublicKey{g.key} }

func listening(at endpoint.Endpoint) net.Listener {
	GinkgoHelper()
	listener, err := at.Listen()
	Expect(err).NotTo(HaveOccurred())
	return listener
}
