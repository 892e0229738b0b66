package kubernetes_test

import (
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the state of a container that is removed", func() {
	var w *world

	BeforeEach(func() {
		w = newWorld()
	})

	discarded := func() []os.DirEntry {
		entries, err := os.ReadDir(w.config.StateDir + "-removed")
		Expect(err).NotTo(HaveOccurred())
		return entries
	}

	fill := func(dir string) {
		GinkgoHelper()
		for _, name := range []string{"a", "b/c", "b/d"} {
			file := filepath.Join(dir, "run", name)
			Expect(os.MkdirAll(filepath.Dir(file), 0o700)).To(Succeed())
			Expect(os.WriteFile(file, nil, 0o600)).To(Succeed())
		}
	}

	It("is removed with whatever a process in the pod put into it", func() {
		w.create(task())
		fill(filepath.Join(w.config.StateDir, handle))
		Expect(w.backend.Destroy(handle)).To(Succeed())
		Expect(w.stateDirs()).To(BeEmpty())
		Eventually(discarded).Should(BeEmpty())
	})

	It("is removed by the next worker if this one does not come to it", func() {
		Expect(w.backend.Stop()).To(Succeed())
		fill(filepath.Join(w.config.StateDir+"-removed", "left"))
		w.start()
		Eventually(discarded).Should(BeEmpty())
	})
})
