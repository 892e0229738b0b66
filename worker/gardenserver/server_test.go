package gardenserver_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/garden/gardenfakes"
	"code.cloudfoundry.org/lager/v3/lagertest"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient/connection"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/gardenserver"
)

var _ = Describe("a client that knows nothing of this server", func() {
	var (
		backend   *gardenfakes.FakeBackend
		container *gardenfakes.FakeContainer
		processes chan *fakeProcess
		server    *gardenserver.Server
		address   string
		client    gclient.Client
		// conns are those of the client, which break breaks.
		conns chan net.Conn
	)

	BeforeEach(func() {
		processes = make(chan *fakeProcess, 100)
		begin := func(id string, streams garden.ProcessIO) (garden.Process, error) {
			p := newFakeProcess(id, streams)
			processes <- p
			return p, nil
		}
		container = new(gardenfakes.FakeContainer)
		container.HandleReturns("some-handle")
		container.RunStub = func(spec garden.ProcessSpec, streams garden.ProcessIO) (garden.Process, error) {
			return begin(spec.ID, streams)
		}
		container.AttachStub = begin
		backend = new(gardenfakes.FakeBackend)
		backend.LookupReturns(container, nil)
		backend.ContainersReturns([]garden.Container{container}, nil)

		var err error
		logger := lagertest.NewTestLogger("test")
		server, err = gardenserver.New(backend, logger)
		Expect(err).NotTo(HaveOccurred())
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		address = listener.Addr().String()
		served := make(chan error, 1)
		go func() { served <- server.Serve(listener) }()
		DeferCleanup(func(ctx SpecContext) {
			Expect(server.Stop(ctx)).To(Succeed())
			Eventually(served).Should(Receive(BeNil()))
		})

		conns = make(chan net.Conn, 1000)
		client = gclient.NewClient(connection.NewWithHijacker(connection.NewHijackStreamerWithDialer(func(string, string) (net.Conn, error) {
			conn, err := net.Dial("tcp", listener.Addr().String())
			if err == nil {
				conns <- conn
			}
			return conn, err
		}), logger))
	})

	run := func(streams garden.ProcessIO) (garden.Process, *fakeProcess) {
		GinkgoHelper()
		container, err := client.Lookup("some-handle")
		Expect(err).NotTo(HaveOccurred())
		(<-conns).Close()
		process, err := container.Run(context.Background(), garden.ProcessSpec{ID: "task"}, streams)
		Expect(err).NotTo(HaveOccurred())
		return process, <-processes
	}
	attach := func(streams garden.ProcessIO) (garden.Process, *fakeProcess) {
		GinkgoHelper()
		container, err := client.Lookup("some-handle")
		Expect(err).NotTo(HaveOccurred())
		process, err := container.Attach(context.Background(), "task", streams)
		Expect(err).NotTo(HaveOccurred())
		return process, <-processes
	}
	write := func(w io.Writer, data string) chan error {
		written := make(chan error, 1)
		go func() {
			_, err := io.WriteString(w, data)
			written <- err
		}()
		return written
	}
	// stopServer returns once the server accepts no more, what waits for its end.
	stopServer := func(ctx context.Context) func() error {
		GinkgoHelper()
		stopped := make(chan error, 1)
		go func() { stopped <- server.Stop(ctx) }()
		Eventually(func() error {
			conn, err := net.Dial("tcp", address)
			if err == nil {
				conn.Close()
			}
			return err
		}).Should(HaveOccurred())
		return func() error { return <-stopped }
	}
	// breakConns is what the death of the client looks like.
	breakConns := func() {
		for range len(conns) {
			(<-conns).Close()
		}
	}

	It("gets the output, the status, and has its input delivered", func() {
		var stdout, stderr bytes.Buffer
		process, running := run(garden.ProcessIO{Stdin: strings.NewReader("in"), Stdout: &stdout, Stderr: &stderr})
		Expect(io.ReadAll(running.io.Stdin)).To(BeEquivalentTo("in"))
		io.WriteString(running.io.Stdout, "out")
		io.WriteString(running.io.Stderr, "err")
		running.status <- 3

		Expect(process.Wait()).To(Equal(3))
		Expect(stdout.String()).To(Equal("out"))
		Expect(stderr.String()).To(Equal("err"))
	})

	It("gets the end of a process that printed nothing and has ended before its streams are fetched", func() {
		process, running := run(garden.ProcessIO{})
		running.status <- 0
		Expect(process.Wait()).To(Equal(0))
	})

	It("is waited for when it is slow, and gets every byte", func() {
		line := strings.Repeat("0123456789abcdef", 2<<10)
		const pieces = 2000
		got, slow := io.Pipe()
		process, running := run(garden.ProcessIO{Stdout: slow})
		written := make(chan error, 1)
		go func() {
			for range pieces {
				if _, err := io.WriteString(running.io.Stdout, line); err != nil {
					written <- err
					return
				}
			}
			written <- nil
			running.status <- 0
		}()
		Consistently(written, "200ms").ShouldNot(Receive())

		all := make([]byte, pieces*len(line))
		_, err := io.ReadFull(got, all)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(all) == strings.Repeat(line, pieces)).To(BeTrue())
		Eventually(written).Should(Receive(BeNil()))
		Expect(process.Wait()).To(Equal(0))
	})

	It("is left when it is gone, although its input had come to its end", func() {
		_, running := run(garden.ProcessIO{Stdin: strings.NewReader(""), Stderr: io.Discard})
		Expect(io.ReadAll(running.io.Stdin)).To(BeEmpty())
		breakConns()

		Eventually(running.detached).Should(BeClosed())
		Eventually(write(running.io.Stderr, "kept for the next")).Should(Receive(HaveOccurred()))
	})

	It("does not end the input of the process with its own death", func() {
		_, running := run(garden.ProcessIO{Stdin: blocking{}})
		breakConns()
		_, err := io.ReadAll(running.io.Stdin)
		Expect(err).To(MatchError(ContainSubstring("is gone")))
	})

	It("gives way to a client that attaches, also while it is being waited for", func() {
		_, first := run(garden.ProcessIO{Stdout: blocking{}})
		written := make(chan error, 1)
		go func() {
			_, err := io.Copy(first.io.Stdout, zeros{})
			written <- err
		}()
		Consistently(written, "100ms").ShouldNot(Receive())

		var stdout bytes.Buffer
		process, second := attach(garden.ProcessIO{Stdout: &stdout})
		Eventually(written).Should(Receive(HaveOccurred()))
		Eventually(first.detached).Should(BeClosed())
		io.WriteString(second.io.Stdout, "the rest")
		second.status <- 0
		Expect(process.Wait()).To(Equal(0))
		Expect(stdout.String()).To(Equal("the rest"))
	})

	It("loses its connections when the server stops, and so attaches to the next one", func(ctx SpecContext) {
		process, running := run(garden.ProcessIO{Stdout: io.Discard})
		Expect(server.Stop(ctx)).To(Succeed())
		_, err := process.Wait()
		Expect(err).To(MatchError(HaveSuffix("EOF")))
		Eventually(running.detached).Should(BeClosed())
	})

	It("hears no error of a backend that leaves its processes because the server stops", func(ctx SpecContext) {
		const sessions = 50 // which of two things comes first is left to chance
		var followed []garden.Process
		var running []*fakeProcess
		found, err := client.Lookup("some-handle")
		Expect(err).NotTo(HaveOccurred())
		for range sessions {
			process, err := found.Run(ctx, garden.ProcessSpec{ID: "task"}, garden.ProcessIO{Stdout: io.Discard})
			Expect(err).NotTo(HaveOccurred())
			followed, running = append(followed, process), append(running, <-processes)
		}
		backend.StopStub = func() error {
			for _, fake := range running {
				fake.fail <- errors.New("the client is gone")
			}
			backend.StopReturns(nil)
			return nil
		}
		Expect(server.Stop(ctx)).To(Succeed())
		for _, process := range followed {
			_, err := process.Wait()
			Expect(err).To(MatchError(HaveSuffix("EOF")))
		}
	})

	It("loses the connection of a process that starts while the server stops, and so attaches to the next one", func(ctx SpecContext) {
		starting, stopped := make(chan struct{}), make(chan struct{})
		container.RunStub = func(_ garden.ProcessSpec, streams garden.ProcessIO) (garden.Process, error) {
			close(starting)
			<-stopped
			return newFakeProcess("task", streams), nil
		}
		found, err := client.Lookup("some-handle")
		Expect(err).NotTo(HaveOccurred())
		followed := make(chan garden.Process, 1)
		go func() {
			defer GinkgoRecover()
			process, err := found.Run(context.Background(), garden.ProcessSpec{ID: "task"}, garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			followed <- process
		}()
		Eventually(starting).Should(BeClosed())

		stop := stopServer(ctx)
		close(stopped)
		Expect(stop()).To(Succeed())
		var process garden.Process
		Eventually(followed).Should(Receive(&process))
		_, err = process.Wait()
		Expect(err).To(MatchError(HaveSuffix("EOF")))
	})

	It("hears from the backend why a process that was being started was not when the server stops", func(ctx SpecContext) {
		starting, stopped := make(chan struct{}), make(chan struct{})
		container.RunStub = func(garden.ProcessSpec, garden.ProcessIO) (garden.Process, error) {
			close(starting)
			<-stopped
			return nil, errors.New("worker some-worker disappeared")
		}
		found, err := client.Lookup("some-handle")
		Expect(err).NotTo(HaveOccurred())
		failed := make(chan error, 1)
		go func() {
			_, err := found.Run(context.Background(), garden.ProcessSpec{ID: "task"}, garden.ProcessIO{})
			failed <- err
		}()
		Eventually(starting).Should(BeClosed())

		stop := stopServer(ctx)
		close(stopped)
		Eventually(failed).Should(Receive(MatchError(ContainSubstring("worker some-worker disappeared"))))
		Expect(stop()).To(Succeed())
	})

	It("hears from the backend why a container that was being created was not when the server stops", func(ctx SpecContext) {
		creating, stopped := make(chan struct{}), make(chan struct{})
		backend.CreateStub = func(garden.ContainerSpec) (garden.Container, error) {
			close(creating)
			<-stopped
			return nil, errors.New("worker some-worker disappeared")
		}
		backend.StopStub = func() error {
			close(stopped)
			backend.StopReturns(nil)
			return nil
		}
		created := make(chan error, 1)
		go func() {
			_, err := client.Create(garden.ContainerSpec{})
			created <- err
		}()
		Eventually(creating).Should(BeClosed())

		Expect(server.Stop(ctx)).To(Succeed())
		Eventually(created).Should(Receive(MatchError("worker some-worker disappeared")))
	})

	It("hears Garden's errors", func() {
		container, err := client.Lookup("some-handle")
		Expect(err).NotTo(HaveOccurred())
		backend.LookupReturns(nil, garden.ContainerNotFoundError{Handle: "some-handle"})
		_, err = container.Run(context.Background(), garden.ProcessSpec{}, garden.ProcessIO{})
		Expect(err).To(Equal(garden.ContainerNotFoundError{Handle: "some-handle"}))
	})
})

// blocking is a reader and a writer that never gets to its end.
type blocking struct{}

func (blocking) Read([]byte) (int, error)  { select {} }
func (blocking) Write([]byte) (int, error) { select {} }

type zeros struct{}

func (zeros) Read(buffer []byte) (int, error) { return len(buffer), nil }
