package leftover_test

import (
	"net"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/testflight/leftover"
)

var _ = Describe("What workers have on the machine", func() {
	var workDir string

	make := func(paths ...string) {
		GinkgoHelper()
		for _, path := range paths {
			Expect(os.MkdirAll(filepath.Join(workDir, path), 0o755)).To(Succeed())
		}
	}
	look := func() leftover.Traces {
		GinkgoHelper()
		found, err := leftover.Machine{WorkDirs: []string{workDir}}.Look()
		Expect(err).NotTo(HaveOccurred())
		return found
	}
	listen := func(path string) {
		GinkgoHelper()
		listener, err := net.Listen("unix", filepath.Join(workDir, path))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(listener.Close)
	}

	BeforeEach(func() {
		var err error
		workDir, err = os.MkdirTemp("", "") // GinkgoT().TempDir() may be too long for a socket's address
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(os.RemoveAll, workDir)
		Expect(os.WriteFile(filepath.Join(workDir, "init"), nil, 0o755)).To(Succeed())
		make("volumes/init", "volumes/live", "volumes/dead", "overlays/work", "containers")
	})

	It("is nothing while its folders are empty", func() {
		Expect(look().Names()).To(BeEmpty())
		Expect(look()).To(And(HaveKey("in volumes/live"), HaveKey("in containers"), HaveKey(leftover.Mount)))
	})

	It("is what lies in its folders, by folder, one level further down for volumes", func() {
		make("volumes/live/one/volume", "volumes/dead/two", "overlays/one", "overlays/work/one",
			"containers/three/run", "containers-removed/four", "of-another-time/five")
		found := look()
		Expect(found["in volumes/live"]).To(HaveExactElements(filepath.Join(workDir, "volumes/live/one")))
		Expect(found["in volumes/dead"]).To(HaveExactElements(filepath.Join(workDir, "volumes/dead/two")))
		Expect(found["in overlays"]).To(HaveExactElements(filepath.Join(workDir, "overlays/one")))
		Expect(found["in overlays/work"]).To(HaveExactElements(filepath.Join(workDir, "overlays/work/one")))
		Expect(found["in containers"]).To(HaveExactElements(filepath.Join(workDir, "containers/three")))
		Expect(found["in containers-removed"]).To(HaveExactElements(filepath.Join(workDir, "containers-removed/four")))
		Expect(found["in of-another-time"]).To(HaveExactElements(filepath.Join(workDir, "of-another-time/five")))
	})

	It("is each unix socket, but for those that steps left in volumes", func() {
		make("containers/one/run", "volumes/live/one/volume")
		listen("containers/one/run/init.sock")
		listen("volumes/live/one/volume/step.sock")
		Expect(look()[leftover.Socket]).To(HaveExactElements(filepath.Join(workDir, "containers/one/run/init.sock")))
	})

	It("can't be told of a worker that has no init yet", func() {
		Expect(os.Remove(filepath.Join(workDir, "init"))).To(Succeed())
		_, err := leftover.Machine{WorkDirs: []string{workDir}}.Look()
		Expect(err).To(MatchError(ContainSubstring("init that a worker mounts")))
	})
})
