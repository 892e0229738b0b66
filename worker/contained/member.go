package contained

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// isKept says which extended attributes may come with an archive: those of users, and
// a program's capabilities. Others steer the kernel's overlays and security modules.
func isKept(attribute string) bool {
	return strings.HasPrefix(attribute, "user.") || attribute == "security.capability"
}

// paxAttribute precedes the name of an extended attribute in an archive.
const paxAttribute = "SCHILY.xattr."

func (u *unpacking) makeFile(name string, header *tar.Header, content io.Reader) error {
	var file *os.File
	err := replace(name, func() (err error) {
		file, err = os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		return err
	})
	if err != nil {
		return err
	}
	defer file.Close()
	if err := u.writeSparse(file, content, header.Size); err != nil {
		return err
	}
	if err := describe(file, header); err != nil {
		return err
	}
	if err := setTime(name, header); err != nil {
		return err
	}
	return file.Close()
}

// makeDirectory takes a directory that is there, and not a link to one. Its time is
// set later.
func makeDirectory(name string, header *tar.Header) error {
	var directory *os.File
	err := replace(name, func() (err error) {
		if err := os.Mkdir(name, 0o700); err != nil && !errors.Is(err, unix.EEXIST) {
			return err
		}
		directory, err = os.OpenFile(name, unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
		if errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
			return unix.EEXIST // a file, or a link
		}
		return err
	})
	if err != nil {
		return err
	}
	defer directory.Close()
	return describe(directory, header)
}

func makeSymlink(name string, header *tar.Header) error {
	if err := replace(name, func() error { return os.Symlink(header.Linkname, name) }); err != nil {
		return err
	}
	if err := os.Lchown(name, header.Uid, header.Gid); err != nil {
		return err
	}
	return setTime(name, header)
}

func makeHardLink(name string, header *tar.Header) error {
	target, err := memberName(header.Linkname)
	if err != nil {
		return err
	}
	return replace(name, func() error { return os.Link(target, name) })
}

func makeSpecial(name string, header *tar.Header) error {
	kind := map[byte]uint32{tar.TypeFifo: unix.S_IFIFO, tar.TypeChar: unix.S_IFCHR, tar.TypeBlock: unix.S_IFBLK}[header.Typeflag]
	device := unix.Mkdev(uint32(header.Devmajor), uint32(header.Devminor))
	if err := replace(name, func() error { return unix.Mknod(name, kind|permissions(header), int(device)) }); err != nil {
		return err
	}
	if err := os.Lchown(name, header.Uid, header.Gid); err != nil {
		return err
	}
	return setTime(name, header)
}

func permissions(header *tar.Header) uint32 { return uint32(header.Mode) & 0o7777 }

// describe works on the open file: another may have its name by now, and must not
// become setuid. The owner is first: a change of it takes setuid and capabilities away.
func describe(file *os.File, header *tar.Header) error {
	if err := file.Chown(header.Uid, header.Gid); err != nil {
		return err
	}
	if err := unix.Fchmod(int(file.Fd()), permissions(header)); err != nil {
		return fmt.Errorf("set its mode: %w", err)
	}
	for key, value := range header.PAXRecords {
		attribute, isOne := strings.CutPrefix(key, paxAttribute)
		if !isOne || !isKept(attribute) {
			continue
		}
		// A file system without them is no fault of the archive.
		if err := unix.Fsetxattr(int(file.Fd()), attribute, []byte(value), 0); err != nil && !errors.Is(err, unix.ENOTSUP) {
			return fmt.Errorf("set its attribute %s: %w", attribute, err)
		}
	}
	return nil
}

// setTime sets when a file was modified. It follows no link.
func setTime(name string, header *tar.Header) error {
	modified, err := unix.TimeToTimespec(header.ModTime)
	if err != nil {
		return fmt.Errorf("set its time: %w", err)
	}
	accessed := unix.Timespec{Nsec: unix.UTIME_OMIT}
	if err := unix.UtimesNanoAt(unix.AT_FDCWD, name, []unix.Timespec{accessed, modified}, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("set its time: %w", err)
	}
	return nil
}

// hole is how many bytes of zero are left out of a file.
const hole = 64 << 10

// writeSparse writes a file. Zeros become holes: the sparse files of an archive of a
// few bytes would fill a disk.
func (u *unpacking) writeSparse(file *os.File, content io.Reader, size int64) error {
	var written int64
	for at := int64(0); at < size; {
		if err := u.ctx.Err(); err != nil {
			return err
		}
		chunk := u.buffer[:min(hole, size-at)]
		if _, err := io.ReadFull(content, chunk); err != nil {
			return err
		}
		if !isZero(chunk) {
			if _, err := file.WriteAt(chunk, at); err != nil {
				return err
			}
			written = at + int64(len(chunk))
		}
		at += int64(len(chunk))
	}
	if written == size {
		return nil
	}
	return file.Truncate(size) // the last is a hole
}

// isZero compares each byte with the next one.
func isZero(chunk []byte) bool {
	return chunk[0] == 0 && bytes.Equal(chunk[1:], chunk[:len(chunk)-1])
}
