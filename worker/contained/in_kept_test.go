package contained_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// capability is the one to bind to low ports, effective, as the kernel stores it.
const capability = "\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

var _ = Describe("what is streamed into a volume", func() {
	var (
		w            worker
		source, data string
	)

	BeforeEach(func() {
		if os.Geteuid() != 0 {
			Skip("only root gives files away")
		}
		w = newWorker()
		source, data = w.volume("source"), w.volume("in")
	})

	DescribeTable("is as GNU tar makes it", func(options ...string) {
		tree(source)
		archive := gnuTar(source, append(options, "--create", "--file=-", ".")...)
		gnus := GinkgoT().TempDir()
		extract := exec.Command("tar", "--directory="+gnus, "--numeric-owner", "--xattrs", "--xattrs-include=*", "--extract", "--file=-")
		extract.Stdin = strings.NewReader(archive)
		Expect(extract.Run()).To(Succeed())

		found := w.streamIn("in", ".", raw, []byte(archive))
		Expect(found.status).To(Equal(http.StatusNoContent), "%s", found.body)
		Expect(describe(data)).To(Equal(describe(gnus)))
		Expect(describe(data)).To(HaveLen(13))
	},
		Entry("from the format of GNU", "--format=gnu"),
		Entry("from the format of GNU, with sparse files", "--format=gnu", "--sparse"),
		Entry("from ustar", "--format=ustar"),
		Entry("from pax, with nanoseconds", "--format=posix"),
		Entry("from pax, with sparse files", "--format=posix", "--sparse"),
		Entry("from pax, with extended attributes", "--format=posix", "--xattrs", "--xattrs-include=*"),
	)

	It("has the source's nanoseconds, attributes and capabilities", func() {
		tree(source)
		w.streamIn("in", ".", raw, []byte(gnuTar(source, "--xattrs", "--xattrs-include=*", "--create", "--file=-", ".")))
		Expect(describe(data)).To(Equal(describe(source)))
	})

	It("is the same once more over itself", func() {
		tree(source)
		archive := []byte(gnuTar(source, "--format=posix", "--create", "--file=-", "."))
		w.streamIn("in", ".", raw, archive)
		once := describe(data)
		Expect(w.streamIn("in", ".", raw, archive).status).To(Equal(http.StatusNoContent))
		Expect(describe(data)).To(Equal(once))
	})

	DescribeTable("takes no space for holes", func(format string) {
		write(filepath.Join(source, "sparse"), "")
		Expect(os.Truncate(filepath.Join(source, "sparse"), 1<<28)).To(Succeed())
		archive := gnuTar(source, "--sparse", format, "--create", "--file=-", "sparse")
		Expect(w.streamIn("in", ".", raw, []byte(archive)).status).To(Equal(http.StatusNoContent))
		var stat unix.Stat_t
		Expect(unix.Stat(filepath.Join(data, "sparse"), &stat)).To(Succeed())
		Expect(stat.Size).To(BeEquivalentTo(1 << 28))
		Expect(stat.Blocks * 512).To(BeNumerically("<", 1<<20))
	}, Entry("in the format of GNU", "--format=gnu"), Entry("in pax", "--format=posix"))

	It("has no attribute that steers the kernel", func() {
		write(filepath.Join(source, "file"), "content")
		Expect(unix.Lsetxattr(filepath.Join(source, "file"), "trusted.kept", []byte("no"), 0)).To(Succeed())
		archive := gnuTar(source, "--xattrs", "--xattrs-include=*", "--create", "--file=-", "file")
		Expect(archive).To(ContainSubstring("SCHILY.xattr.trusted.kept"))
		Expect(w.streamIn("in", ".", raw, []byte(archive)).status).To(Equal(http.StatusNoContent))
		_, err := unix.Lgetxattr(filepath.Join(data, "file"), "trusted.kept", make([]byte, 10))
		Expect(err).To(MatchError(unix.ENODATA))
	})
})

// tree makes files of every kind.
func tree(dir string) {
	GinkgoHelper()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"empty", "folder/below"} {
		Expect(os.MkdirAll(at(name), 0o755)).To(Succeed())
	}
	for _, name := range []string{"folder/file", "folder/below/file", "setuid", "capable"} {
		write(at(name), strings.Repeat(name, 10_000))
	}
	write(at("sparse"), "begin")
	Expect(os.Truncate(at("sparse"), 1<<20)).To(Succeed())
	Expect(os.Link(at("folder/file"), at("hard"))).To(Succeed())
	Expect(os.Symlink("../none", at("folder/soft"))).To(Succeed())
	Expect(os.Symlink("/folder", at("absolute"))).To(Succeed())
	Expect(unix.Mkfifo(at("fifo"), 0o640)).To(Succeed())

	for id, name := range []string{"folder/file", "folder/soft", "setuid", "empty", "folder", "fifo", "."} {
		Expect(os.Lchown(at(name), 1000+id, 2000+id)).To(Succeed())
	}
	for name, mode := range map[string]uint32{"setuid": 0o6755, "empty": 0o1777, "folder": 0o2550, "folder/file": 0o400, ".": 0o750} {
		Expect(unix.Chmod(at(name), mode)).To(Succeed())
	}
	Expect(unix.Lsetxattr(at("folder"), "user.of-folder", []byte("kept"), 0)).To(Succeed())
	Expect(unix.Lsetxattr(at("capable"), "security.capability", []byte(capability), 0)).To(Succeed())
	for id, name := range []string{"folder/file", "folder/soft", "folder/below/file", "folder/below", "folder", "setuid", "capable", "sparse", "absolute", "fifo", "empty", "."} {
		modified := unix.NsecToTimespec(time.Date(2001, 2, 3, 4, 5, id, 123_456_789+id, time.UTC).UnixNano())
		Expect(unix.UtimesNanoAt(unix.AT_FDCWD, at(name), []unix.Timespec{modified, modified}, unix.AT_SYMLINK_NOFOLLOW)).To(Succeed())
	}
}

// describe says of each file in a directory what an archive says of it.
func describe(dir string) map[string]string {
	GinkgoHelper()
	described := map[string]string{}
	Expect(filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		var stat unix.Stat_t
		if err := unix.Lstat(path, &stat); err != nil {
			return err
		}
		content := ""
		switch entry.Type() {
		case 0:
			read, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			content = string(read)
		case fs.ModeSymlink:
			if content, err = os.Readlink(path); err != nil {
				return err
			}
		}
		described[name] = fmt.Sprintf("mode %o, %d:%d, device %d, links %d, modified %d.%09d, attributes %q, %d bytes with the sum %x",
			stat.Mode, stat.Uid, stat.Gid, stat.Rdev, stat.Nlink, stat.Mtim.Sec, stat.Mtim.Nsec, attributes(path), len(content), sha256.Sum256([]byte(content)))
		return nil
	})).To(Succeed())
	return described
}

func attributes(path string) map[string]string {
	found := map[string]string{}
	for _, name := range []string{"user.of-folder", "security.capability"} {
		value := make([]byte, 64)
		if n, err := unix.Lgetxattr(path, name, value); err == nil {
			found[name] = string(value[:n])
		}
	}
	return found
}

func gnuTar(dir string, args ...string) string {
	GinkgoHelper()
	var said strings.Builder
	command := exec.Command("tar", append([]string{"--directory=" + dir}, args...)...)
	command.Stderr = &said
	archive, err := command.Output()
	Expect(err).NotTo(HaveOccurred(), said.String())
	return string(archive)
}
