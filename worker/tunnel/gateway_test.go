package tunnel_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/crypto/ssh"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/tsa"
)

// gateway is web's end of the tunnel: an SSH server that does what the TSA does.
type gateway struct {
	address string
	key     ssh.PublicKey
	// workers are those that have registered, and commands what they asked for.
	workers  chan atc.Worker
	commands chan string
	// told are the signals that the command was sent.
	told chan string
	// connections are the workers', to reach them by.
	connections chan *ssh.ServerConn
	// status has the command end with that status, and gone without one.
	status chan uint32
	gone   chan struct{}
}

func newKey() *rsa.PrivateKey {
	GinkgoHelper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	Expect(err).NotTo(HaveOccurred())
	return key
}

func newGateway() *gateway {
	GinkgoHelper()
	signer, err := ssh.NewSignerFromKey(newKey())
	Expect(err).NotTo(HaveOccurred())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(listener.Close)

	g := &gateway{
		address: listener.Addr().String(), key: signer.PublicKey(),
		workers: make(chan atc.Worker, 1), commands: make(chan string, 1), told: make(chan string, 1),
		connections: make(chan *ssh.ServerConn, 1), status: make(chan uint32), gone: make(chan struct{}),
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil }}
	config.AddHostKey(signer)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go g.serve(connection, config)
		}
	}()
	return g
}

func (g *gateway) serve(connection net.Conn, config *ssh.ServerConfig) {
	server, channels, requests, err := ssh.NewServerConn(connection, config)
	if err != nil {
		return
	}
	go func() {
		for request := range requests { // of ports to forward, and keep-alives
			request.Reply(true, nil)
		}
	}()
	g.connections <- server
	for offered := range channels {
		session, requests, err := offered.Accept()
		if err != nil {
			return
		}
		go g.run(session, requests)
	}
}

func (g *gateway) run(session ssh.Channel, requests <-chan *ssh.Request) {
	for request := range requests {
		var payload struct{ Text string }
		ssh.Unmarshal(request.Payload, &payload)
		request.Reply(true, nil)
		switch request.Type {
		case "exec":
			g.commands <- payload.Text
			go g.command(session)
		case "signal":
			g.told <- payload.Text
		}
	}
}

// command is the TSA's, which reads the worker, says that it is registered, and
// goes on.
func (g *gateway) command(session ssh.Channel) {
	var worker atc.Worker
	if json.NewDecoder(session).Decode(&worker) != nil {
		return
	}
	g.workers <- worker
	tsa.NewEventWriter(session).Registered()
	tsa.NewEventWriter(session).Heartbeated()
	select {
	case status := <-g.status:
		session.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{status}))
	case <-g.gone:
	}
	session.Close()
}

// reach connects to what the worker forwards for a port.
func (g *gateway) reach(worker *ssh.ServerConn, port uint32) ssh.Channel {
	GinkgoHelper()
	channel, requests, err := worker.OpenChannel("forwarded-tcpip", ssh.Marshal(struct {
		To       string
		ToPort   uint32
		From     string
		FromPort uint32
	}{"0.0.0.0", port, "127.0.0.1", 40000}))
	Expect(err).NotTo(HaveOccurred())
	go ssh.DiscardRequests(requests)
	return channel
}
