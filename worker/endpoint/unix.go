package endpoint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	folderMode = 0o700
	socketMode = 0o600
	// longestPath is how many bytes a socket's address has for its path, but for
	// the zero at its end.
	longestPath = len(unix.RawSockaddrUnix{}.Path) - 1
)

// listenUnix takes the place of a socket that an earlier worker left, but not of
// one at which somebody listens.
func listenUnix(path string) (net.Listener, error) {
	if err := makeOwnFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	if listening, err := dialUnix(context.Background(), path); err == nil {
		listening.Close()
		return nil, fmt.Errorf("somebody listens at %s already: does another worker run with this --work-dir?", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove the socket that an earlier worker left: %w", err)
	}

	var listener *net.UnixListener
	err := withShortPath(path, func(short string) (err error) {
		listener, err = net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: short})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listen at %s: %w", path, err)
	}
	listener.SetUnlinkOnClose(false) // a short path means something else by then
	if err := os.Chmod(path, socketMode); err != nil {
		listener.Close()
		return nil, fmt.Errorf("make the socket root's alone: %w", err)
	}
	return listener, nil
}

// makeOwnFolder makes the folder this user's alone. One that another user made is
// refused: that user could put a socket in the place of ours.
func makeOwnFolder(folder string) error {
	if err := os.Mkdir(folder, folderMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the folder of the sockets: %w", err)
	}
	found, err := os.Lstat(folder)
	if err != nil {
		return fmt.Errorf("look at the folder of the sockets: %w", err)
	}
	if owner, ok := found.Sys().(*syscall.Stat_t); !found.IsDir() || !ok || int(owner.Uid) != os.Geteuid() {
		return fmt.Errorf("%s is not a folder of this user, who listens in it: remove it", folder)
	}
	if err := os.Chmod(folder, folderMode); err != nil {
		return fmt.Errorf("make the folder of the sockets root's alone: %w", err)
	}
	return nil
}

func dialUnix(ctx context.Context, path string) (connection net.Conn, err error) {
	err = withShortPath(path, func(short string) (err error) {
		connection, err = new(net.Dialer).DialContext(ctx, "unix", short)
		return err
	})
	return connection, err
}

// withShortPath calls use with a path of the same file that the kernel takes for a
// socket's: a work dir may be deeper than that.
func withShortPath(path string, use func(short string) error) error {
	if len(path) <= longestPath {
		return use(path)
	}
	folder, err := unix.Open(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open the folder %s: %w", filepath.Dir(path), err)
	}
	defer unix.Close(folder)
	return use(fmt.Sprintf("/proc/self/fd/%d/%s", folder, filepath.Base(path)))
}
