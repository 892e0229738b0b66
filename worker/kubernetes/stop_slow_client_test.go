package kubernetes_test

import (
	"os"
	"path/filepath"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

var _ = Describe("stopping a container whose client takes its time to take output", func() {
	var (
		w         *world
		container garden.Container
		stdout    *slowWriter
		process   garden.Process
	)

	BeforeEach(func() {
		w = newWorld()
		container = w.create(task())
		stdout = &slowWriter{called: make(chan struct{}), release: make(chan struct{})}
		var err error
		process, err = container.Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{Stdout: stdout})
		Expect(err).NotTo(HaveOccurred())
		Eventually(stdout.called).Should(BeClosed())
	})

	It("waits for the client, does not blame the pod, and leaves it", func() {
		w.init.exit <- 143
		stopped := make(chan error, 1)
		go func() { stopped <- container.Stop(false) }()
		Consistently(stopped, "500ms").ShouldNot(Receive()) // for longer than the pod gets
		Expect(w.pods()).To(HaveLen(1))

		close(stdout.release)
		Eventually(stopped).Should(Receive(BeNil()))
		Expect(process.Wait()).To(Equal(143))
		Expect(w.pods()).To(HaveLen(1))
	})

	It("deletes the pod that does not end its process once the client has the output", func() {
		stopped := make(chan error, 1)
		go func() { stopped <- container.Stop(false) }()
		Consistently(stopped, "500ms").ShouldNot(Receive())
		Expect(w.pods()).To(HaveLen(1))
		close(stdout.release)
		Eventually(stopped).Should(Receive(BeNil()))
		Expect(w.pods()).To(BeEmpty())
	})

	It("gives the client its time when the pod had to be deleted, too", func() {
		w.init.stopErr = errGone
		stopped := make(chan error, 1)
		go func() { stopped <- container.Stop(false) }()
		Eventually(w.pods).Should(BeEmpty())
		Consistently(stopped, "1s").ShouldNot(Receive()) // for longer than the kubelet gets

		close(stdout.release)
		Eventually(stopped).Should(Receive(BeNil()))
		_, err := process.Wait()
		Expect(err).To(MatchError(ContainSubstring("the pod was deleted")))
	})
})

var _ = Describe("what init kept of a process whose pod was deleted", func() {
	It("is delivered", func() {
		w := newWorld()
		container := w.create(task())
		stdout := gbytes.NewBuffer()
		process, err := container.Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{Stdout: stdout})
		Expect(err).NotTo(HaveOccurred())
		Eventually(stdout).Should(gbytes.Say("output\n"))
		kept := filepath.Join(w.config.RunDir(handle), "task.stdout")
		Expect(os.WriteFile(kept, []byte("output\nlast words\n"), 0o600)).To(Succeed())

		w.init.stopErr = errGone
		Expect(container.Stop(false)).To(Succeed())
		_, err = process.Wait()
		Expect(err).To(MatchError(ContainSubstring("the pod was deleted")))
		Expect(string(stdout.Contents())).To(Equal("output\nlast words\n"))
		w.expectNothingLeft()
	})
})

// slowWriter takes nothing before it is released.
type slowWriter struct{ called, release chan struct{} }

func (s *slowWriter) Write(data []byte) (int, error) {
	close(s.called)
	<-s.release
	return len(data), nil
}
