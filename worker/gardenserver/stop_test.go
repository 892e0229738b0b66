package gardenserver_test

import (
	"context"
	"errors"
	"io"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a client whose server stops", func() {
	var s *served

	BeforeEach(func() { s = newServed() })

	It("loses its connections when the server stops, and so attaches to the next one", func(ctx SpecContext) {
		process, running := s.run(garden.ProcessIO{Stdout: io.Discard})
		Expect(s.server.Stop(ctx)).To(Succeed())
		_, err := process.Wait()
		Expect(err).To(MatchError(HaveSuffix("EOF")))
		Eventually(running.detached).Should(BeClosed())
	})

	It("hears no error of a backend that leaves its processes because the server stops", func(ctx SpecContext) {
		const sessions = 50 // which of two things comes first is left to chance
		var followed []garden.Process
		var running []*fakeProcess
		found, err := s.client.Lookup("some-handle")
		Expect(err).NotTo(HaveOccurred())
		for range sessions {
			process, err := found.Run(ctx, garden.ProcessSpec{ID: "task"}, garden.ProcessIO{Stdout: io.Discard})
			Expect(err).NotTo(HaveOccurred())
			followed, running = append(followed, process), append(running, <-s.processes)
		}
		s.backend.StopStub = func() error {
			for _, fake := range running {
				fake.fail <- errors.New("the client is gone")
			}
			s.backend.StopReturns(nil)
			return nil
		}
		Expect(s.server.Stop(ctx)).To(Succeed())
		for _, process := range followed {
			_, err := process.Wait()
			Expect(err).To(MatchError(HaveSuffix("EOF")))
		}
	})

	It("loses the connection of a process that starts while the server stops, and so attaches to the next one", func(ctx SpecContext) {
		starting, stopped := make(chan struct{}), make(chan struct{})
		s.container.RunStub = func(_ garden.ProcessSpec, streams garden.ProcessIO) (garden.Process, error) {
			close(starting)
			<-stopped
			return newFakeProcess("task", streams), nil
		}
		found, err := s.client.Lookup("some-handle")
		Expect(err).NotTo(HaveOccurred())
		followed := make(chan garden.Process, 1)
		go func() {
			defer GinkgoRecover()
			process, err := found.Run(context.Background(), garden.ProcessSpec{ID: "task"}, garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			followed <- process
		}()
		Eventually(starting).Should(BeClosed())

		stop := s.stop(ctx)
		close(stopped)
		Expect(stop()).To(Succeed())
		var process garden.Process
		Eventually(followed).Should(Receive(&process))
		_, err = process.Wait()
		Expect(err).To(MatchError(HaveSuffix("EOF")))
	})

	It("hears from the backend why a process that was being started was not when the server stops", func(ctx SpecContext) {
		starting, stopped := make(chan struct{}), make(chan struct{})
		s.container.RunStub = func(garden.ProcessSpec, garden.ProcessIO) (garden.Process, error) {
			close(starting)
			<-stopped
			return nil, errors.New("worker some-worker disappeared")
		}
		found, err := s.client.Lookup("some-handle")
		Expect(err).NotTo(HaveOccurred())
		failed := make(chan error, 1)
		go func() {
			_, err := found.Run(context.Background(), garden.ProcessSpec{ID: "task"}, garden.ProcessIO{})
			failed <- err
		}()
		Eventually(starting).Should(BeClosed())

		stop := s.stop(ctx)
		close(stopped)
		Eventually(failed).Should(Receive(MatchError(ContainSubstring("worker some-worker disappeared"))))
		Expect(stop()).To(Succeed())
	})

	It("hears from the backend why a container that was being created was not when the server stops", func(ctx SpecContext) {
		creating, stopped := make(chan struct{}), make(chan struct{})
		s.backend.CreateStub = func(garden.ContainerSpec) (garden.Container, error) {
			close(creating)
			<-stopped
			return nil, errors.New("worker some-worker disappeared")
		}
		s.backend.StopStub = func() error {
			close(stopped)
			s.backend.StopReturns(nil)
			return nil
		}
		created := make(chan error, 1)
		go func() {
			_, err := s.client.Create(garden.ContainerSpec{})
			created <- err
		}()
		Eventually(creating).Should(BeClosed())

		Expect(s.server.Stop(ctx)).To(Succeed())
		Eventually(created).Should(Receive(MatchError("worker some-worker disappeared")))
	})
})
