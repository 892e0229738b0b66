package workercmd

import (
	"os"
	"path/filepath"

	"github.com/concourse/concourse/worker/baggageclaim/volume"
	"github.com/moby/sys/mountinfo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Describe("the volumes of a worker that starts again", func() {
	var (
		dir, pod             string
		volumes              volume.Filesystem
		parent, child, third volume.FilesystemLiveVolume
	)

	start := func() {
		GinkgoHelper()
		var err error
		volumes, err = lastingVolumes(filepath.Join(dir, "volumes"), filepath.Join(dir, "overlays"))
		Expect(err).NotTo(HaveOccurred())
	}
	finish := func(made volume.FilesystemInitVolume, err error) volume.FilesystemLiveVolume {
		GinkgoHelper()
		if err != nil {
			Skip("can't mount an overlay file system here: " + err.Error())
		}
		live, err := made.Initialize()
		Expect(err).NotTo(HaveOccurred())
		return live
	}
	write := func(in, name, content string) {
		GinkgoHelper()
		Expect(os.WriteFile(filepath.Join(in, name), []byte(content), 0o644)).To(Succeed())
	}
	read := func(in, name string) string {
		GinkgoHelper()
		content, err := os.ReadFile(filepath.Join(in, name))
		Expect(err).NotTo(HaveOccurred())
		return string(content)
	}
	// mountsOf are the numbers of the mounts of a volume.
	mountsOf := func(of volume.FilesystemLiveVolume) []int {
		GinkgoHelper()
		path, err := filepath.EvalSymlinks(of.DataPath())
		Expect(err).NotTo(HaveOccurred())
		found, err := mountinfo.GetMounts(func(mount *mountinfo.Info) (skip, stop bool) { return mount.Mountpoint != path, false })
		Expect(err).NotTo(HaveOccurred())
		var ids []int
		for _, mount := range found {
			ids = append(ids, mount.ID)
		}
		return ids
	}

	BeforeEach(func() {
		if os.Geteuid() != 0 {
			Skip("only root mounts")
		}
		dir = GinkgoT().TempDir()
		DeferCleanup(unmountVolumes, dir, "")
		pod = filepath.Join(dir, "pod")
		for _, folder := range []string{pod, filepath.Join(dir, "volumes")} {
			Expect(os.Mkdir(folder, 0o755)).To(Succeed())
		}

		start()
		parent = finish(volumes.NewVolume("parent"))
		write(parent.DataPath(), "file", "of the parent")
		write(parent.DataPath(), "other", "of the parent")
		child = finish(parent.NewSubvolume("child"))
		write(child.DataPath(), "made", "of the child")
		third = finish(child.NewSubvolume("third"))
		write(third.DataPath(), "made", "of the third")

		Expect(unix.Mount(child.DataPath(), pod, "", unix.MS_BIND, "")).To(Succeed())
	})

	It("stay mounted, once, for pods that start in that moment too", func() {
		before := [][]int{mountsOf(parent), mountsOf(child), mountsOf(third)}
		Expect(before).To(HaveEach(HaveLen(1)))

		start()

		Expect([][]int{mountsOf(parent), mountsOf(child), mountsOf(third)}).To(Equal(before))
	})

	It("go on in pods, which may remove and change what is of the parent", func() {
		start()

		Expect(os.Remove(filepath.Join(pod, "other"))).To(Succeed())
		write(pod, "file", "of the pod")
		write(pod, "made", "of the pod")
		Expect(filepath.Join(child.DataPath(), "other")).NotTo(BeAnExistingFile())
		Expect(read(child.DataPath(), "file")).To(Equal("of the pod"))
		Expect(read(child.DataPath(), "made")).To(Equal("of the pod"))
	})

	It("keep what was written to a copy of a copy", func() {
		start()
		Expect(read(third.DataPath(), "made")).To(Equal("of the third"))
	})

	It("are mounted where they are not any more, as after a restart of the node", func() {
		Expect(unmountVolumes(filepath.Join(dir, "volumes", "live", "parent"), "")).To(Succeed())
		Expect(unmountVolumes(filepath.Join(dir, "volumes", "live", "third"), "")).To(Succeed())
		of := mountsOf(child)

		start()

		Expect(mountsOf(parent)).To(HaveLen(1))
		Expect(mountsOf(child)).To(Equal(of))
		Expect(mountsOf(third)).To(HaveLen(1))
		Expect(read(third.DataPath(), "file")).To(Equal("of the parent"))
	})

	It("are found through a symbolic link to the work dir", func() {
		link := filepath.Join(GinkgoT().TempDir(), "link")
		Expect(os.Symlink(dir, link)).To(Succeed())
		before := mountsOf(child)
		dir = link

		start()

		Expect(mountsOf(child)).To(Equal(before))
	})

	It("can be destroyed", func() {
		start()

		for _, handle := range []string{"third", "child", "parent"} {
			found, ok, err := volumes.LookupVolume(handle)
			Expect(err).NotTo(HaveOccurred())
			Expect(ok).To(BeTrue())
			Expect(found.Destroy()).To(Succeed())
		}

		mounts, _, err := mountsBelow(filepath.Join(dir, "volumes"))
		Expect(err).NotTo(HaveOccurred())
		Expect(mounts).To(BeEmpty())
	})

	It("are not those whose making or destruction was interrupted", func() {
		unfinished, err := volumes.NewVolume("unfinished")
		Expect(err).NotTo(HaveOccurred())

		start()

		Expect(mountinfo.Mounted(unfinished.DataPath())).To(BeFalse())
	})
})
