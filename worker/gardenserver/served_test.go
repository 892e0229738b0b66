package gardenserver_test

import (
	"context"
	"io"
	"net"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/garden/gardenfakes"
	"code.cloudfoundry.org/lager/v3/lagertest"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient/connection"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/gardenserver"
)

// served is a server of a fake backend, and a client that knows nothing of this server.
type served struct {
	backend   *gardenfakes.FakeBackend
	container *gardenfakes.FakeContainer
	processes chan *fakeProcess
	server    *gardenserver.Server
	address   string
	client    gclient.Client
	// conns are those of the client, which breakConns breaks.
	conns chan net.Conn
}

func newServed() *served {
	GinkgoHelper()
	s := &served{
		backend:   new(gardenfakes.FakeBackend),
		container: new(gardenfakes.FakeContainer),
		processes: make(chan *fakeProcess, 100),
		conns:     make(chan net.Conn, 1000),
	}
	begin := func(id string, streams garden.ProcessIO) (garden.Process, error) {
		p := newFakeProcess(id, streams)
		s.processes <- p
		return p, nil
	}
	s.container.HandleReturns("some-handle")
	s.container.RunStub = func(spec garden.ProcessSpec, streams garden.ProcessIO) (garden.Process, error) {
		return begin(spec.ID, streams)
	}
	s.container.AttachStub = begin
	s.backend.LookupReturns(s.container, nil)
	s.backend.ContainersReturns([]garden.Container{s.container}, nil)

	logger := lagertest.NewTestLogger("test")
	var err error
	s.server, err = gardenserver.New(s.backend, logger)
	Expect(err).NotTo(HaveOccurred())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	s.address = listener.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- s.server.Serve(listener) }()
	DeferCleanup(func(ctx SpecContext) {
		Expect(s.server.Stop(ctx)).To(Succeed())
		Eventually(ended).Should(Receive(BeNil()))
	})
	s.client = gclient.NewClient(connection.NewWithHijacker(connection.NewHijackStreamerWithDialer(s.dial), logger))
	return s
}

func (s *served) dial(string, string) (net.Conn, error) {
	conn, err := net.Dial("tcp", s.address)
	if err == nil {
		s.conns <- conn
	}
	return conn, err
}

func (s *served) run(streams garden.ProcessIO) (garden.Process, *fakeProcess) {
	GinkgoHelper()
	container, err := s.client.Lookup("some-handle")
	Expect(err).NotTo(HaveOccurred())
	(<-s.conns).Close()
	process, err := container.Run(context.Background(), garden.ProcessSpec{ID: "task"}, streams)
	Expect(err).NotTo(HaveOccurred())
	return process, <-s.processes
}

func (s *served) attach(streams garden.ProcessIO) (garden.Process, *fakeProcess) {
	GinkgoHelper()
	container, err := s.client.Lookup("some-handle")
	Expect(err).NotTo(HaveOccurred())
	process, err := container.Attach(context.Background(), "task", streams)
	Expect(err).NotTo(HaveOccurred())
	return process, <-s.processes
}

// stop returns once the server accepts no more, and returns what waits for its end.
func (s *served) stop(ctx context.Context) func() error {
	GinkgoHelper()
	stopped := make(chan error, 1)
	go func() { stopped <- s.server.Stop(ctx) }()
	Eventually(func() error {
		conn, err := net.Dial("tcp", s.address)
		if err == nil {
			conn.Close()
		}
		return err
	}).Should(HaveOccurred())
	return func() error { return <-stopped }
}

// breakConns is what the death of the client looks like.
func (s *served) breakConns() {
	for range len(s.conns) {
		(<-s.conns).Close()
	}
}

func write(w io.Writer, data string) chan error {
	written := make(chan error, 1)
	go func() {
		_, err := io.WriteString(w, data)
		written <- err
	}()
	return written
}
