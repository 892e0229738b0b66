package worker

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/garden/gardenfakes"
	"code.cloudfoundry.org/lager/v3/lagertest"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient/connection"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/gardenserver"
	"github.com/concourse/concourse-kubernetes/worker/outputstream"
)

var _ = Describe("the Garden client of a Kubernetes worker", func() {
	var (
		client  connection.Connection
		streams chan garden.ProcessIO
		status  chan int
		conns   chan net.Conn
		backend *gardenfakes.FakeBackend
	)

	BeforeEach(func() {
		streams, status, conns = make(chan garden.ProcessIO, 1), make(chan int), make(chan net.Conn, 10)
		process := new(gardenfakes.FakeProcess)
		process.IDReturns("resource")
		ended := status
		process.WaitStub = func() (int, error) { return <-ended, nil }
		container := new(gardenfakes.FakeContainer)
		container.RunStub = func(_ garden.ProcessSpec, io garden.ProcessIO) (garden.Process, error) {
			streams <- io
			return process, nil
		}
		container.AttachStub = func(_ string, io garden.ProcessIO) (garden.Process, error) {
			streams <- io
			return process, nil
		}
		backend = new(gardenfakes.FakeBackend)
		backend.LookupReturns(container, nil)
		logger := lagertest.NewTestLogger("test")
		server, err := gardenserver.New(backend, logger)
		Expect(err).NotTo(HaveOccurred())
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		go server.Serve(listener)
		DeferCleanup(func(ctx SpecContext) { Expect(server.Stop(ctx)).To(Succeed()) })

		dial := func(string, string) (net.Conn, error) {
			conn, err := net.Dial("tcp", listener.Addr().String())
			conns <- conn
			return conn, err
		}
		streamer := acknowledgingStreamer{connection.NewHijackStreamerWithDialer(dial), logger}
		client = attachingConnection{connection.NewWithHijacker(streamer, logger), "some-worker"}
	})

	// take is a piece of output on its way.
	type take struct {
		taken int64
		err   error
	}
	write := func(w io.Writer, data string, position int64) chan take {
		written := make(chan take, 1)
		go func() {
			defer GinkgoRecover()
			taken, err := w.(outputstream.Destination).WriteOutput([]byte(data), position)
			written <- take{taken, err}
		}()
		return written
	}

	It("knows a container that is still starting", func() {
		backend.CreateReturns(nil, contract.StillStarting{Handle: "some-handle", Waiting: "for room"})
		_, err := retrying(client).Create(garden.ContainerSpec{Handle: "some-handle"})
		waiting, ok := contract.ParseStillStarting("some-handle", err)
		Expect(ok).To(BeTrue())
		Expect(waiting).To(Equal("for room"))
	})

	It("has the worker wait until the log has what was printed", func(ctx SpecContext) {
		log := newFakeLog()
		process, err := client.Run(ctx, "some-handle", garden.ProcessSpec{ID: "task"}, garden.ProcessIO{Stdout: log})
		Expect(err).NotTo(HaveOccurred())
		output := <-streams

		written := write(output.Stdout, "one", 0)
		Consistently(written, "100ms").ShouldNot(Receive())
		log.taken <- 2
		Eventually(written).Should(Receive(Equal(take{taken: 2})))
		Expect(log.OutputOfArgs()).To(Equal([]any{"some-handle", false}))

		status <- 4
		Expect(process.Wait()).To(Equal(4))
	})

	It("tells the log that an earlier web may have taken some of it", func(ctx SpecContext) {
		log := newFakeLog()
		_, err := client.Attach(ctx, "some-handle", "task", garden.ProcessIO{Stderr: log})
		Expect(err).NotTo(HaveOccurred())
		written := write((<-streams).Stderr, "one", 7)
		log.taken <- 10
		Eventually(written).Should(Receive(Equal(take{taken: 10})))
		Expect(log.OutputOfArgs()).To(Equal([]any{"some-handle", true}))
		status <- 0
	})

	Describe("whose connections break", func() {
		// follow attaches again where connections break.
		follow := func(ctx context.Context, streams garden.ProcessIO) chan error {
			GinkgoHelper()
			process, err := retrying(client).Run(ctx, "some-handle", garden.ProcessSpec{ID: "resource"}, streams)
			Expect(err).NotTo(HaveOccurred())
			ended := make(chan error, 1)
			go func() {
				_, err := process.Wait()
				ended <- err
			}()
			return ended
		}
		// breakConns has another client attach, for which the worker gives this one up.
		breakConns := func(ctx context.Context) {
			GinkgoHelper()
			_, err := client.Attach(ctx, "some-handle", "resource", garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			<-streams
		}

		It("has stdout once that the worker sends anew", func(ctx SpecContext) {
			var stdout bytes.Buffer
			ended := follow(ctx, garden.ProcessIO{Stdout: &stdout})
			first := (<-streams).Stdout
			Eventually(write(first, `{"version":`, 0)).Should(Receive(Equal(take{taken: 11})))
			breakConns(ctx)
			second := (<-streams).Stdout
			Eventually(write(second, `{"version"`, 0)).Should(Receive(Equal(take{taken: 10})))
			Eventually(write(second, `:{}}`, 10)).Should(Receive(Equal(take{taken: 14})))
			close(status)
			Eventually(ended).Should(Receive(BeNil()))
			Expect(stdout.String()).To(Equal(`{"version":{}}`))
		})

		It("has what an earlier web was sent no second time", func(ctx SpecContext) {
			var stdout bytes.Buffer
			_, err := retrying(client).Attach(ctx, "some-handle", "resource", garden.ProcessIO{Stdout: &stdout})
			Expect(err).NotTo(HaveOccurred())
			output := (<-streams).Stdout
			Eventually(write(output, "rest", 100)).Should(Receive(Equal(take{taken: 104})))
			Eventually(write(output, "st is here", 102)).Should(Receive(Equal(take{taken: 112})))
			Expect(stdout.String()).To(Equal("rest is here"))
			close(status)
		})

		It("leaves to a log what the log has", func(ctx SpecContext) {
			log := newFakeLog()
			follow(ctx, garden.ProcessIO{Stdout: log})
			written := write((<-streams).Stdout, "one", 7)
			log.taken <- 8
			Eventually(written).Should(Receive(Equal(take{taken: 8})))
			Expect(log.OutputOfArgs()).To(Equal([]any{"some-handle", false}))
			close(status)
		})
	})

	It("has acknowledged nothing of what it was taking when it was killed", func(ctx SpecContext) {
		log := newFakeLog()
		_, err := client.Run(context.Background(), "some-handle", garden.ProcessSpec{ID: "task"}, garden.ProcessIO{Stdout: log})
		Expect(err).NotTo(HaveOccurred())
		written := write((<-streams).Stdout, "one", 5)
		Eventually(log.writing).Should(Receive())
		for range len(conns) {
			(<-conns).Close()
		}
		var got take
		Eventually(written).Should(Receive(&got))
		Expect(got.err).To(HaveOccurred())
		Expect(got.taken).To(BeEquivalentTo(5))
		log.taken <- 8
		status <- 0
	})

	It("has acknowledged what it had for good, and not what it held back, when it was killed", func(ctx SpecContext) {
		log := newFakeLog()
		_, err := client.Run(context.Background(), "some-handle", garden.ProcessSpec{ID: "task"}, garden.ProcessIO{Stdout: log})
		Expect(err).NotTo(HaveOccurred())
		output := (<-streams).Stdout
		written := write(output, "one", 5)
		log.taken <- 6
		Eventually(written).Should(Receive(Equal(take{taken: 6})))
		for range len(conns) {
			(<-conns).Close()
		}
		for range 2 { // the connection fails first, then the session is over
			var got take
			Eventually(write(output, "two", 8)).Should(Receive(&got))
			Expect(got.err).To(HaveOccurred())
			Expect(got.taken).To(BeEquivalentTo(6))
		}
		status <- 0
	})
})

// fakeLog has taken what it is told that it has.
type fakeLog struct {
	io.Writer
	taken chan int64
	// writing gets one for each write that begins.
	writing chan struct{}

	mu   sync.Mutex
	args []any
}

func newFakeLog() *fakeLog {
	return &fakeLog{taken: make(chan int64), writing: make(chan struct{}, 10)}
}

func (l *fakeLog) OutputOf(container string, attached bool) outputstream.Destination {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.args = []any{container, attached}
	return l
}

func (l *fakeLog) OutputOfArgs() []any {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.args
}

func (l *fakeLog) WriteOutput([]byte, int64) (int64, error) {
	l.writing <- struct{}{}
	return <-l.taken, nil
}
