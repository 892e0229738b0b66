package workercmd

import (
	"os"
	"path/filepath"

	"github.com/concourse/concourse/worker/baggageclaim/volume"
	"github.com/concourse/concourse/worker/baggageclaim/volume/driver"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Describe("a volume in which a step made more levels than the worker may have open files", func() {
	const levels, openFiles = 2000, 200

	var dir string

	BeforeEach(func() {
		if os.Geteuid() != 0 {
			Skip("only root mounts")
		}
		dir = GinkgoT().TempDir()
		DeferCleanup(unmountVolumes, dir, "")
	})

	// fill makes the levels, each in the one before.
	fill := func(directory string) {
		GinkgoHelper()
		level, err := unix.Open(directory, unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		Expect(err).NotTo(HaveOccurred())
		for range levels {
			Expect(unix.Mkdirat(level, "d", 0o755)).To(Succeed())
			next, err := unix.Openat(level, "d", unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
			Expect(err).NotTo(HaveOccurred())
			Expect(unix.Close(level)).To(Succeed())
			level = next
		}
		Expect(unix.Close(level)).To(Succeed())
	}

	limitOpenFiles := func() {
		GinkgoHelper()
		var before unix.Rlimit
		Expect(unix.Getrlimit(unix.RLIMIT_NOFILE, &before)).To(Succeed())
		DeferCleanup(unix.Setrlimit, unix.RLIMIT_NOFILE, &before)
		limit := before
		limit.Cur = openFiles
		Expect(unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)).To(Succeed())
	}

	DescribeTable("is destroyed, with every driver that keeps files in directories",
		func(volumesWith func(volumes, overlays string) (volume.Filesystem, error)) {
			Expect(os.Mkdir(filepath.Join(dir, "volumes"), 0o755)).To(Succeed())
			volumes, err := volumesWith(filepath.Join(dir, "volumes"), filepath.Join(dir, "overlays"))
			Expect(err).NotTo(HaveOccurred())
			made, err := volumes.NewVolume("parent")
			Expect(err).NotTo(HaveOccurred())
			parent, err := made.Initialize()
			Expect(err).NotTo(HaveOccurred())
			made, err = parent.NewSubvolume("child")
			if err != nil {
				Skip("can't mount an overlay file system here: " + err.Error())
			}
			child, err := made.Initialize()
			Expect(err).NotTo(HaveOccurred())
			fill(child.DataPath())
			fill(parent.DataPath())
			limitOpenFiles()

			Expect(child.Destroy()).To(Succeed())
			Expect(parent.Destroy()).To(Succeed())

			Expect(filepath.Glob(filepath.Join(dir, "volumes", "*", "*"))).To(BeEmpty())
			Expect(filepath.Glob(filepath.Join(dir, "overlays", "*", "*"))).To(BeEmpty())
		},
		Entry("overlay", lastingVolumes),
		Entry("naive", func(volumes, _ string) (volume.Filesystem, error) {
			return volumesWithoutMounts(removingDriver{&driver.NaiveDriver{}, content}, volumes)
		}),
	)
})
