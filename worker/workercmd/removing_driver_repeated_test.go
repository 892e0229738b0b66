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

var _ = DescribeTable("a volume whose data an earlier removal has removed is destroyed",
	func(volumesWith func(volumes, overlays string) (volume.Filesystem, error)) {
		if os.Geteuid() != 0 {
			Skip("only root mounts")
		}
		dir := GinkgoT().TempDir()
		DeferCleanup(unmountVolumes, dir, "")
		Expect(os.Mkdir(filepath.Join(dir, "volumes"), 0o755)).To(Succeed())
		volumes, err := volumesWith(filepath.Join(dir, "volumes"), filepath.Join(dir, "overlays"))
		Expect(err).NotTo(HaveOccurred())
		made, err := volumes.NewVolume("some-volume")
		if err != nil {
			Skip("can't mount an overlay file system here: " + err.Error())
		}
		doomed, err := made.Initialize()
		Expect(err).NotTo(HaveOccurred())
		unix.Unmount(doomed.DataPath(), 0) // the naive driver mounts nothing
		Expect(os.RemoveAll(doomed.DataPath())).To(Succeed())

		Expect(doomed.Destroy()).To(Succeed())

		Expect(filepath.Glob(filepath.Join(dir, "volumes", "*", "*"))).To(BeEmpty())
		Expect(filepath.Glob(filepath.Join(dir, "overlays", "*", "*"))).To(BeEmpty())
	},
	Entry("overlay", lastingVolumes),
	Entry("naive", func(volumes, _ string) (volume.Filesystem, error) {
		return volumesWithoutMounts(removingDriver{&driver.NaiveDriver{}, content}, volumes)
	}),
)
