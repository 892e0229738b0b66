package volumeimage_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// extract unpacks a layer with GNU tar, which knows nothing of how it was made.
func extract(layer func() (io.ReadCloser, error), into string) {
	GinkgoHelper()
	content, err := layer()
	Expect(err).NotTo(HaveOccurred())
	defer content.Close()
	command := exec.Command("tar", "-xp", "--numeric-owner", "--xattrs", "--xattrs-include=*", "-C", into)
	command.Stdin = content
	output, err := command.CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), string(output))
}

// describeTree returns a line for each file that tells all there is about it.
func describeTree(root string) []string {
	GinkgoHelper()
	var lines []string
	names := map[uint64]string{} // the first name of each inode
	Expect(filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		status := info.Sys().(*syscall.Stat_t)
		if _, known := names[status.Ino]; !known {
			names[status.Ino] = name
		}
		links := uint64(status.Nlink)
		if info.IsDir() {
			links = 0 // whether subdirectories count depends on the file system
		}
		lines = append(lines, fmt.Sprintf("%q mode %o owner %d:%d device %x mtime %d %09d links %d of %q attributes %q content %s",
			name, status.Mode, status.Uid, status.Gid, status.Rdev, status.Mtim.Sec, status.Mtim.Nsec, links, names[status.Ino], attributes(path), content(path, info)))
		return nil
	})).To(Succeed())
	return lines
}

func content(path string, info fs.FileInfo) string {
	GinkgoHelper()
	switch {
	case info.Mode().IsRegular():
		content, err := os.ReadFile(path)
		Expect(err).NotTo(HaveOccurred())
		return fmt.Sprintf("%d bytes %x", len(content), sha256.Sum256(content))
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(path)
		Expect(err).NotTo(HaveOccurred())
		return target
	}
	return ""
}

func attributes(path string) []string {
	GinkgoHelper()
	buffer := make([]byte, 1<<16)
	length, err := unix.Llistxattr(path, buffer)
	Expect(err).NotTo(HaveOccurred())
	var found []string
	for name := range bytes.FieldsFuncSeq(buffer[:length], func(r rune) bool { return r == 0 }) {
		value := make([]byte, 1<<16)
		length, err := unix.Lgetxattr(path, string(name), value)
		Expect(err).NotTo(HaveOccurred())
		found = append(found, string(name)+"="+string(value[:length]))
	}
	found = slices.DeleteFunc(found, func(attribute string) bool { return strings.HasPrefix(attribute, "security.selinux") })
	slices.Sort(found)
	return found
}
