package contained

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/concourse/concourse-kubernetes/worker/found"
)

var (
	// ErrLeadsOut is the error for a path, or a link on it, that leaves the directory.
	ErrLeadsOut = errors.New("leads out of the volume: a path and the links on it must stay inside, and an absolute link does not")
	// ErrNotAFile is the error for a device, a FIFO or a socket.
	ErrNotAFile = errors.New("is neither a file nor a directory: devices, FIFOs and sockets are not opened")
)

// Open opens a file or a directory below a directory, for reading. It follows
// links that stay below. It opens nothing else: not a device, even if a process
// puts one in the file's place at the same time.
//
// The error wraps [ErrLeadsOut], [ErrNotAFile], or what the kernel says.
func Open(directory, path string) (*os.File, error) {
	local, err := localPath(path)
	if err != nil {
		return nil, err
	}
	root, err := os.Open(directory)
	if err != nil {
		return nil, err
	}
	defer root.Close()

	file, err := resolve(root, local)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return Reopen(file)
}

// localPath cleans a path as upstream's Baggageclaim does: by its text alone. One
// that begins with a slash is relative too.
func localPath(path string) (string, error) {
	local := filepath.Clean(strings.TrimLeft(path, "/"))
	if !filepath.IsLocal(local) {
		return "", fmt.Errorf("%q %w", path, ErrLeadsOut)
	}
	return local, nil
}

// resolve finds a file without opening it.
func resolve(root *os.File, local string) (*os.File, error) {
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS}
	for {
		descriptor, err := unix.Openat2(int(root.Fd()), local, &how)
		switch {
		case err == nil:
			return os.NewFile(uintptr(descriptor), local), nil
		case errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR): // openat2(2): a file was renamed meanwhile
			continue
		case errors.Is(err, unix.EXDEV):
			return nil, fmt.Errorf("%q %w", local, ErrLeadsOut)
		default:
			return nil, &fs.PathError{Op: "open", Path: local, Err: err}
		}
	}
}

// Reopen opens for reading what an O_PATH descriptor stands for, if that is a
// regular file or a directory.
func Reopen(file *os.File) (*os.File, error) {
	kind, err := found.Kind(file)
	if err != nil {
		return nil, err
	}
	if kind != unix.S_IFREG && kind != unix.S_IFDIR {
		return nil, fmt.Errorf("%q %w", file.Name(), ErrNotAFile)
	}
	return found.Open(file)
}
