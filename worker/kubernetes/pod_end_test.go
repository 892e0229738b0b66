package kubernetes_test

import (
	"time"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

var _ = Describe("a container whose pod ends while a process runs", func() {
	var (
		w         *world
		container garden.Container
		output    *gbytes.Buffer
	)

	BeforeEach(func() {
		w = newWorld()
		container = w.create(task())
		output = gbytes.NewBuffer()
	})

	run := func() garden.Process {
		GinkgoHelper()
		process, err := container.Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{Stdout: output})
		Expect(err).NotTo(HaveOccurred())
		return process
	}

	waitFor := func(process garden.Process) chan error {
		ended := make(chan error, 1)
		go func() {
			_, err := process.Wait()
			ended <- err
		}()
		return ended
	}

	It("says why, though the connection breaks first", func() {
		ended := waitFor(run())
		w.init.die()
		time.AfterFunc(50*time.Millisecond, func() { w.setStatus(evicted) })

		Eventually(ended).Should(Receive(MatchError(
			ContainSubstring("wait for process task in pod ci/" + podName + ": the pod ended: Evicted"))))
	})

	It("has the process fail, and not the worker, if it took more memory than it may", func() {
		stderr := gbytes.NewBuffer()
		process, err := container.Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{Stdout: output, Stderr: stderr})
		Expect(err).NotTo(HaveOccurred())
		w.init.die()
		w.setStatus(outOfMemory)

		Expect(process.Wait()).To(Equal(137))
		Expect(stderr).To(gbytes.Say("raise container_limits.memory"))
		Expect(string(output.Contents())).NotTo(ContainSubstring("memory"))
	})

	It("says on its terminal that it took more memory than it may", func() {
		process := run()
		w.init.die()
		w.setStatus(outOfMemory)
		Expect(process.Wait()).To(Equal(137))
		Expect(output).To(gbytes.Say("raise container_limits.memory"))
	})

	It("does not hang on a connection that stays", func() {
		ended := waitFor(run())
		w.setStatus(evicted)
		Eventually(ended).Should(Receive(MatchError(ContainSubstring("the pod ended: Evicted: low on memory"))))
	})

	It("says why init was told to end, which answers for a moment longer", func() {
		ended := waitFor(run())
		close(w.init.stop)
		w.setStatus(evicted)
		Eventually(ended).Should(Receive(MatchError(ContainSubstring("the pod ended: Evicted: low on memory"))))
	})

	It("says that init was told to end where nobody says why", func() {
		ended := waitFor(run())
		close(w.init.stop)
		Eventually(ended).Should(Receive(MatchError(ContainSubstring("the pod was told to end while the process ran"))))
	})

	It("delivers what init still has", func() {
		process := run()
		Eventually(w.init.attachCount).Should(Equal(1))
		w.setStatus(outOfMemory)
		w.init.exit <- 7
		Expect(process.Wait()).To(Equal(7))
	})

	It("says that someone deleted it, and says so until it is destroyed", func() {
		ended := waitFor(run())
		w.deletePod()
		Eventually(ended).Should(Receive(MatchError(ContainSubstring("the pod was deleted"))))
		Expect(w.backend.Containers(nil)).To(HaveLen(1))
		process, err := container.Attach("task", garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		Eventually(waitFor(process)).Should(Receive(MatchError(ContainSubstring("the pod was deleted"))))
		Expect(w.backend.Destroy(handle)).To(Succeed())
		w.expectNothingLeft()
	})

	It("says what is known if the pod looks well", func() {
		ended := waitFor(run())
		w.init.die()
		Eventually(ended).Should(Receive(MatchError(ContainSubstring("unexpected EOF"))))
	})
})
