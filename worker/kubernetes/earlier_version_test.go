package kubernetes_test

import (
	"os"
	"regexp"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a container of an earlier version of the worker", func() {
	It("says so to who comes back for its step, and its pod goes", func() {
		w := newWorld()
		_, err := w.create(task()).Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		Expect(w.backend.Stop()).To(Succeed())
		withoutPhase := regexp.MustCompile(`,"run":.*"phase":"ready"`).ReplaceAllString(w.record(handle), `,"started":true`)
		Expect(withoutPhase).NotTo(ContainSubstring("phase"))
		Expect(os.WriteFile(w.recordFile(handle), []byte(withoutPhase), 0o600)).To(Succeed())

		w.start()
		process, err := w.lookup().Attach("task", garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		_, err = process.Wait()
		Expect(err).To(MatchError(ContainSubstring("an earlier version of it made the pod")))
		Eventually(w.pods).Should(BeEmpty())
		Expect(w.backend.Destroy(handle)).To(Succeed())
		w.expectNothingLeft()
	})
})
