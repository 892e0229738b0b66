package kubernetes_test

import (
	"os"
	"path/filepath"
	"strings"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"

	"github.com/concourse/concourse-kubernetes/worker/outputstream"
)

var _ = Describe("a process that was killed with its pod for want of memory", func() {
	var (
		w              *world
		container      garden.Container
		stdout, stderr *gbytes.Buffer
	)

	BeforeEach(func() {
		w = newWorld()
		container = w.create(task())
		stdout, stderr = gbytes.NewBuffer(), gbytes.NewBuffer()
	})

	left := func(name, content string) {
		GinkgoHelper()
		Expect(os.WriteFile(filepath.Join(w.config.RunDir(handle), name), []byte(content), 0o600)).To(Succeed())
	}
	run := func() garden.Process {
		GinkgoHelper()
		process, err := container.Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{Stdout: stdout, Stderr: stderr})
		Expect(err).NotTo(HaveOccurred())
		Eventually(stdout).Should(gbytes.Say("output\n"))
		left("task.stdout", "output\nlast words\n")
		left("task.stderr", "sorry\n")
		return process
	}
	kill := func() {
		w.init.die()
		w.setStatus(outOfMemory)
	}

	It("gets its last words delivered before the note, once each", func() {
		process := run()
		kill()
		Expect(process.Wait()).To(Equal(137))
		Expect(string(stdout.Contents())).To(Equal("output\nlast words\n"))
		Expect(string(stderr.Contents())).To(MatchRegexp("^sorry\n\n.*raise container_limits.memory"))
	})

	It("gets them delivered to the client that attaches later", func() {
		process := run()
		_, err := container.Attach("task", garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		_, err = process.Wait()
		Expect(err).To(MatchError(ContainSubstring("another client attached")))
		kill()

		last := gbytes.NewBuffer()
		process, err = container.Attach("task", garden.ProcessIO{Stderr: last})
		Expect(err).NotTo(HaveOccurred())
		Expect(process.Wait()).To(Equal(137))
		Expect(string(last.Contents())).To(HavePrefix("sorry\n"))
	})

	It("gets none delivered twice after a restart of the worker, which does not know what was", func() {
		run()
		Expect(w.backend.Stop()).To(Succeed())
		kill()
		w.start()
		found, err := w.backend.Lookup(handle)
		Expect(err).NotTo(HaveOccurred())
		last := gbytes.NewBuffer()
		process, err := found.Attach("task", garden.ProcessIO{Stderr: last})
		Expect(err).NotTo(HaveOccurred())
		Expect(process.Wait()).To(Equal(137))
		Expect(string(last.Contents())).To(HavePrefix("\nthe kernel killed"))
	})

	It("gets the note where its output ends, also of a client that has all of that", func() {
		process := run()
		_, err := container.Attach("task", garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		_, err = process.Wait()
		Expect(err).To(MatchError(ContainSubstring("another client attached")))
		kill()

		log := &rememberingLog{has: "sorry\n"}
		process, err = container.Attach("task", garden.ProcessIO{Stderr: log})
		Expect(err).NotTo(HaveOccurred())
		Expect(process.Wait()).To(Equal(137))
		Expect(log.has).To(HavePrefix("sorry\n\nthe kernel killed"))
		Expect(strings.Count(log.has, "the kernel killed")).To(Equal(1))
	})

	It("gets its last words delivered after a restart of the worker, to a client that knows what it has", func() {
		run()
		Expect(w.backend.Stop()).To(Succeed())
		kill()
		w.start()
		found, err := w.backend.Lookup(handle)
		Expect(err).NotTo(HaveOccurred())
		out, err2 := &rememberingLog{has: "output\n"}, &rememberingLog{}
		for range 2 { // the second time nothing comes
			process, err := found.Attach("task", garden.ProcessIO{Stdout: out, Stderr: err2})
			Expect(err).NotTo(HaveOccurred())
			Expect(process.Wait()).To(Equal(137))
		}
		Expect(out.has).To(Equal("output\nlast words\n"))
		Expect(err2.has).To(MatchRegexp("^sorry\n\n.*raise container_limits.memory.*\n$"))
	})

	It("ends with its status though something in the pod replaced its output", func() {
		process := run()
		file := filepath.Join(w.config.RunDir(handle), "task.stdout")
		Expect(os.Remove(file)).To(Succeed())
		Expect(os.Symlink("/etc/hostname", file)).To(Succeed())
		kill()
		Expect(process.Wait()).To(Equal(137))
		Expect(string(stdout.Contents())).To(Equal("output\n"))
		Expect(w.log).To(gbytes.Say("failed-to-deliver-leftover-output"))
	})
})

// rememberingLog skips what it has, as web does.
type rememberingLog struct{ has string }

var _ outputstream.Rememberer = (*rememberingLog)(nil)

func (l *rememberingLog) Remembers() bool { return true }

func (l *rememberingLog) Write(data []byte) (int, error) {
	_, err := l.WriteOutput(data, 0)
	return len(data), err
}

func (l *rememberingLog) WriteOutput(data []byte, position int64) (int64, error) {
	if seen := int64(len(l.has)) - position; seen < int64(len(data)) {
		l.has += string(data[max(0, seen):])
	}
	return int64(len(l.has)), nil
}
