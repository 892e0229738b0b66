package mockresource_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/testflight/images/mockresource"
)

var _ = Describe("Copying a root file system", func() {
	var (
		root       mockresource.FileSystem
		duplicate  string
		in, copied func(path string) string
	)

	BeforeEach(func() {
		root = mockresource.FileSystem{Path: GinkgoT().TempDir()}
		duplicate = filepath.Join(GinkgoT().TempDir(), "rootfs")
		in = func(path string) string { return filepath.Join(root.Path, path) }
		copied = func(path string) string { return filepath.Join(duplicate, path) }
	})

	write := func(path string, mode fs.FileMode) {
		GinkgoHelper()
		Expect(os.MkdirAll(filepath.Dir(in(path)), 0o755)).To(Succeed())
		Expect(os.WriteFile(in(path), []byte(path), 0o600)).To(Succeed())
		Expect(os.Chmod(in(path), mode)).To(Succeed())
	}

	It("keeps content and modes", func() {
		write("usr/bin/tool", 0o755|fs.ModeSetuid)
		Expect(os.Mkdir(in("var"), 0o700)).To(Succeed())
		Expect(os.Chmod(in("var"), 0o777|fs.ModeSticky)).To(Succeed())

		Expect(root.CopyTo(duplicate)).To(Succeed())

		Expect(os.ReadFile(copied("usr/bin/tool"))).To(BeEquivalentTo("usr/bin/tool"))
		Expect(modeOf(copied("usr/bin/tool"))).To(Equal(0o755 | fs.ModeSetuid))
		Expect(modeOf(copied("var"))).To(Equal(fs.ModeDir | fs.ModeSticky | 0o777))
	})

	It("keeps symbolic links, broken ones too", func() {
		Expect(os.Symlink("/nowhere", in("link"))).To(Succeed())

		Expect(root.CopyTo(duplicate)).To(Succeed())

		Expect(os.Readlink(copied("link"))).To(Equal("/nowhere"))
	})

	It("keeps owners", func() {
		if os.Geteuid() != 0 {
			Skip("only root gives files away")
		}

		write("file", 0o600)
		Expect(os.Lchown(in("file"), 1000, 1001)).To(Succeed())

		Expect(root.CopyTo(duplicate)).To(Succeed())

		info, err := os.Lstat(copied("file"))
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Sys().(*syscall.Stat_t).Uid).To(BeEquivalentTo(1000))
		Expect(info.Sys().(*syscall.Stat_t).Gid).To(BeEquivalentTo(1001))
	})

	It("empties temporary files and the kernel's file systems", func() {
		for _, name := range []string{"tmp", "dev", "proc", "sys"} {
			write(filepath.Join(name, "file"), 0o600)
		}

		Expect(root.CopyTo(duplicate)).To(Succeed())

		for _, name := range []string{"tmp", "dev", "proc", "sys"} {
			Expect(os.ReadDir(copied(name))).To(BeEmpty())
		}
	})

	It("does not follow mounts", func() {
		write("etc/hosts", 0o644)
		write("etc/passwd", 0o644)
		write("scratch/junk", 0o644)

		root.Mounts = []string{root.Path, in("etc/hosts"), in("scratch")}
		Expect(root.CopyTo(duplicate)).To(Succeed())

		Expect(copied("etc/hosts")).NotTo(BeAnExistingFile())
		Expect(copied("etc/passwd")).To(BeARegularFile())
		Expect(os.ReadDir(copied("scratch"))).To(BeEmpty())
	})

	It("leaves out what is neither file, directory nor link", func() {
		Expect(syscall.Mkfifo(in("pipe"), 0o600)).To(Succeed())

		Expect(root.CopyTo(duplicate)).To(Succeed())

		Expect(copied("pipe")).NotTo(BeAnExistingFile())
	})

	It("comes to an end when the copy lies in what is copied", func() {
		write("file", 0o600)
		duplicate = in("rootfs")

		Expect(root.CopyTo(duplicate)).To(Succeed())

		Expect(copied("file")).To(BeARegularFile())
		Expect(os.ReadDir(copied("rootfs"))).To(BeEmpty())
	})

	It("knows what is mounted over this process's own root", func() {
		own, err := mockresource.OwnFileSystem()
		Expect(err).NotTo(HaveOccurred())
		Expect(own.Path).To(Equal("/"))
		Expect(own.Mounts).To(ContainElement("/proc"))
	})
})

func modeOf(path string) fs.FileMode {
	GinkgoHelper()

	info, err := os.Lstat(path)
	Expect(err).NotTo(HaveOccurred())

	return info.Mode()
}
