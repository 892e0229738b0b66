package kubernetes_test

import (
	"os"
	"path/filepath"
	"strings"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a worker that comes back", func() {
	var w *world

	BeforeEach(func() {
		w = newWorld()
	})

	const restarted = "^(.*: )?worker worker-1 disappeared: node node-1 was restarted$"

	attach := func() error {
		GinkgoHelper()
		process, err := w.lookup().Attach("task", garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		failed := make(chan error, 1)
		go func() {
			_, err := process.Wait()
			failed <- err
		}()
		var failure error
		Eventually(failed).Should(Receive(&failure))
		return failure
	}

	Describe("after a reboot of its node", func() {
		reboot := func() {
			Expect(w.backend.Stop()).To(Succeed())
			w.config.BootID = "the-next-boot"
			w.start()
		}

		It("says of a step that its worker disappeared, so that web may run it again, and deletes the pod", func() {
			_, err := w.create(privateTask()).Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			reboot()
			Expect(attach()).To(MatchError(MatchRegexp(restarted)))
			Eventually(w.pods).Should(BeEmpty())
			Expect(w.lookup().Info()).To(HaveField("State", "stopped"))
			Expect(w.backend.Destroy(handle)).To(Succeed())
			w.expectNothingLeft()
		})

		It("says so of a step that had not run anything yet", func() {
			w.create(task())
			reboot()
			w.create(task())
			_, err := w.lookup().Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
			Expect(err).To(MatchError(MatchRegexp(restarted)))
			Expect(w.init.startedIDs()).To(BeEmpty())
		})

		It("says so of a step whose pod is gone", func() {
			_, err := w.create(task()).Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			Expect(w.backend.Stop()).To(Succeed())
			w.deletePod()
			reboot()
			Expect(attach()).To(MatchError(MatchRegexp(restarted)))
		})

		It("says so of a step whose pod the kubelet started again", func() {
			_, err := w.create(task()).Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			w.ignoreDeletions()
			reboot()
			_, err = w.lookup().Run(garden.ProcessSpec{Path: "sh"}, garden.ProcessIO{})
			Expect(err).To(MatchError(MatchRegexp(restarted)))
			Expect(attach()).To(MatchError(MatchRegexp(restarted)))
		})

		It("says so still after one more restart", func() {
			_, err := w.create(task()).Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			reboot()
			Eventually(func() string { return w.record(handle) }).Should(ContainSubstring(`"phase":"ended"`))
			w.start()
			Expect(attach()).To(MatchError(MatchRegexp(restarted)))
		})

		It("keeps saying why a step ended that had ended before", func() {
			_, err := w.create(task()).Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			w.setStatus(evicted)
			Eventually(func() string { return w.record(handle) }).Should(ContainSubstring(`"phase":"ended"`))
			reboot()
			Expect(attach()).To(MatchError(ContainSubstring("Evicted: low on memory")))
		})

		It("removes a container of checks", func() {
			w.create(check())
			reboot()
			w.expectNothingLeft()
		})

		It("removes a container that was starting, which is made anew", func() {
			w.create(task())
			w.wasStarting(handle)
			reboot()
			w.expectNothingLeft()
			w.create(task())
			Expect(w.pods()).To(HaveLen(1))
		})
	})

	Describe("in the same boot of its node", func() {
		It("goes on with a step", func() {
			_, err := w.create(task()).Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			w.start()
			process, err := w.lookup().Attach("task", garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			w.init.exit <- 4
			Expect(process.Wait()).To(Equal(4))
		})

		It("goes on with a container of checks", func() {
			w.create(check())
			w.start()
			_, err := w.lookup().Run(garden.ProcessSpec{Path: "/opt/resource/check"}, garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
		})

		It("goes on with a start", func() {
			w.create(task())
			w.wasStarting(handle)
			w.start()
			w.create(task())
			Expect(w.pods()).To(HaveLen(1))
		})
	})
})

func (w *world) recordFile(handle string) string {
	return filepath.Join(w.config.StateDir, handle, "container.json")
}

// record is what is on the disk of a container.
func (w *world) record(handle string) string {
	content, err := os.ReadFile(w.recordFile(handle))
	if err != nil {
		return err.Error()
	}
	return string(content)
}

// wasStarting stops the worker and has the container be one whose start had not come to its end.
func (w *world) wasStarting(handle string) {
	GinkgoHelper()
	Expect(w.backend.Stop()).To(Succeed())
	ready := w.record(handle)
	starting := strings.Replace(ready, `"phase":"ready"`, `"phase":"starting"`, 1)
	Expect(starting).NotTo(Equal(ready))
	Expect(os.WriteFile(w.recordFile(handle), []byte(starting), 0o600)).To(Succeed())
}
