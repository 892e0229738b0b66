package workercmd

import (
	"os"
	"path/filepath"

	"github.com/moby/sys/mountinfo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Describe("unmounting the volumes of an earlier worker", func() {
	var volumes, volume, unfinished, other string

	// mount mounts a new folder.
	mount := func(folder string) {
		GinkgoHelper()
		Expect(os.MkdirAll(folder, 0o755)).To(Succeed())
		Expect(unix.Mount(GinkgoT().TempDir(), folder, "", unix.MS_BIND, "")).To(Succeed())
		DeferCleanup(func() { _ = unix.Unmount(folder, unix.MNT_DETACH) })
	}

	BeforeEach(func() {
		if os.Geteuid() != 0 {
			Skip("only root mounts")
		}
		dir := GinkgoT().TempDir()
		volumes, other = filepath.Join(dir, "volumes"), filepath.Join(dir, "volumes-of-others")
		volume = filepath.Join(volumes, "live", "some-handle", "volume")
		unfinished = filepath.Join(volumes, "init", "other-handle", "volume")
		mount(volumes)
		mount(other)
	})

	It("leaves none of them, however often one was mounted, and nothing else out", func() {
		mount(volume)
		mount(volume)

		Expect(unmountVolumes(volumes, "")).To(Succeed())

		Expect(mountinfo.Mounted(volume)).To(BeFalse())
		Expect(mountinfo.Mounted(volumes)).To(BeTrue(), "the disk of the volumes")
		Expect(mountinfo.Mounted(other)).To(BeTrue())
		Expect(unmountVolumes(volumes, "")).To(Succeed(), "with nothing mounted")
	})

	It("leaves those that are to be kept", func() {
		mount(volume)
		mount(unfinished)

		Expect(unmountVolumes(volumes, "live")).To(Succeed())

		Expect(mountinfo.Mounted(volume)).To(BeTrue())
		Expect(mountinfo.Mounted(unfinished)).To(BeFalse())
	})
})
