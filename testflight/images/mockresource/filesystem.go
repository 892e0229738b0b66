package mockresource

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/moby/sys/mountinfo"
)

// emptied are the directories of a root file system that belong to the running
// container rather than to its image.
var emptied = []string{"tmp", "dev", "proc", "sys"}

// FileSystem is the root file system of a container.
type FileSystem struct {
	Path string
	// Mounts are the absolute paths at which something else is mounted: volumes,
	// and files such as /etc/hosts. They are not part of the image. (An
	// overlay's files may carry other device numbers than its directories do,
	// so device numbers don't tell.)
	Mounts []string
}

// OwnFileSystem is the root file system of this process.
func OwnFileSystem() (FileSystem, error) {
	mounts, err := mountinfo.GetMounts(nil)
	if err != nil {
		return FileSystem{}, fmt.Errorf("find out what is mounted over the root file system: %w", err)
	}

	own := FileSystem{Path: "/"}
	for _, mount := range mounts {
		own.Mounts = append(own.Mounts, mount.Mountpoint)
	}

	return own, nil
}

// CopyTo copies the file system into a new directory, with modes, owners and
// links. Mounted directories, temporary files and the kernel's file systems are
// empty in the copy; mounted files, devices and sockets are left out.
func (f FileSystem) CopyTo(target string) error {
	target, err := filepath.Abs(target)
	if err != nil {
		return err
	}

	if err := copyDirectory(f.Path, target, f.content(target)); err != nil {
		return fmt.Errorf("copy the root file system %s to %s: %w", f.Path, target, err)
	}

	return nil
}

// content decides what of the file system is copied.
func (f FileSystem) content(target string) func(path string) bool {
	// A copy inside the file system would never end.
	excluded := []string{target}
	for _, name := range emptied {
		excluded = append(excluded, filepath.Join(f.Path, name))
	}

	for _, mount := range f.Mounts {
		if mount != f.Path {
			excluded = append(excluded, mount)
		}
	}

	return func(path string) bool { return !slices.Contains(excluded, path) }
}

func copyDirectory(source, target string, isContent func(path string) bool) error {
	if err := os.Mkdir(target, 0o700); err != nil {
		return err
	}

	if isContent(source) {
		entries, err := os.ReadDir(source)
		if err != nil {
			return err
		}

		for _, entry := range entries {
			if err := copyEntry(filepath.Join(source, entry.Name()), filepath.Join(target, entry.Name()), entry.Type(), isContent); err != nil {
				return err
			}
		}
	}

	return copyAttributes(source, target)
}

func copyEntry(source, target string, kind fs.FileMode, isContent func(path string) bool) error {
	switch {
	case kind.IsDir():
		return copyDirectory(source, target, isContent)
	case !isContent(source):
		return nil
	case kind.IsRegular():
		return copyFile(source, target)
	case kind == fs.ModeSymlink:
		return copyLink(source, target)
	default:
		return nil
	}
}

func copyFile(source, target string) error {
	from, err := os.Open(source)
	if err != nil {
		return err
	}
	defer from.Close()

	to, err := os.Create(target)
	if err != nil {
		return err
	}

	if _, err := io.Copy(to, from); err != nil {
		to.Close()

		return err
	}

	if err := to.Close(); err != nil {
		return err
	}

	return copyAttributes(source, target)
}

func copyLink(source, target string) error {
	destination, err := os.Readlink(source)
	if err != nil {
		return err
	}

	if err := os.Symlink(destination, target); err != nil {
		return err
	}

	return copyOwner(source, target)
}

func copyAttributes(source, target string) error {
	info, err := os.Lstat(source)
	if err != nil {
		return err
	}

	// The owner comes first: changing it clears the setuid bit.
	if err := copyOwner(source, target); err != nil {
		return err
	}

	return os.Chmod(target, info.Mode())
}

func copyOwner(source, target string) error {
	info, err := os.Lstat(source)
	if err != nil {
		return err
	}

	status := info.Sys().(*syscall.Stat_t)

	return os.Lchown(target, int(status.Uid), int(status.Gid))
}
