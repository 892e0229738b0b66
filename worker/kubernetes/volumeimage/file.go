package volumeimage

import (
	"archive/tar"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/concourse/concourse-kubernetes/worker/contained"
)

func (f file) kind() uint32            { return f.Mode & unix.S_IFMT }
func (f file) isDirectory() bool       { return f.kind() == unix.S_IFDIR }
func (f file) isSocket() bool          { return f.kind() == unix.S_IFSOCK }
func (f file) isOverlayWhiteout() bool { return f.kind() == unix.S_IFCHR && f.Rdev == 0 }

// open opens the file or directory that was looked at, and nothing that has its
// name by now.
func (f file) open() (*os.File, error) {
	descriptor, err := unix.Openat(int(f.directory.Fd()), f.base, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	found := os.NewFile(uintptr(descriptor), f.name)
	defer found.Close()
	var now unix.Stat_t
	if err := unix.Fstat(descriptor, &now); err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	if now.Dev != f.Dev || now.Ino != f.Ino || now.Mode != f.Mode {
		return nil, errChanging
	}
	return contained.Reopen(found)
}

// header is the file's entry in the archive, as if it had no other name.
func (f file) header(b buffers) (*tar.Header, error) {
	header := &tar.Header{
		Format:  tar.FormatPAX, // which has nanoseconds
		Name:    f.name,
		Mode:    int64(f.Mode & 0o7777),
		Uid:     int(f.Uid),
		Gid:     int(f.Gid),
		ModTime: time.Unix(f.Mtim.Unix()),
	}
	var err error
	switch f.kind() {
	case unix.S_IFREG:
		header.Typeflag, header.Size = tar.TypeReg, f.Size
	case unix.S_IFDIR:
		header.Typeflag, header.Name = tar.TypeDir, f.name+"/"
	case unix.S_IFLNK:
		header.Typeflag = tar.TypeSymlink
		header.Linkname, err = f.target()
	case unix.S_IFIFO:
		header.Typeflag = tar.TypeFifo
	case unix.S_IFCHR:
		header.Typeflag = tar.TypeChar
	case unix.S_IFBLK:
		header.Typeflag = tar.TypeBlock
	default:
		err = fmt.Errorf("file mode %#o is of no type that an image can hold", f.Mode)
	}
	if err != nil {
		return nil, err
	}
	if header.Typeflag == tar.TypeChar || header.Typeflag == tar.TypeBlock {
		header.Devmajor, header.Devminor = int64(unix.Major(uint64(f.Rdev))), int64(unix.Minor(uint64(f.Rdev)))
	}
	header.PAXRecords, err = f.attributes(b)
	return header, err
}

// target is where a symbolic link leads to.
func (f file) target() (string, error) {
	buffer := make([]byte, unix.PathMax)
	length, err := unix.Readlinkat(int(f.directory.Fd()), f.base, buffer)
	if err != nil {
		return "", fmt.Errorf("read the link: %w", err)
	}
	return string(buffer[:length]), nil
}
