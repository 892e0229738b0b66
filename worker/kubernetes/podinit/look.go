package podinit

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// look finds the file at path without opening it, and says what it is, as one of the
// constants S_IF…. It follows no link at the end of the path. The descriptor leads to
// that file whatever takes its place.
func look(path string) (descriptor int, kind uint32, err error) {
	descriptor, err = unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, 0, &os.PathError{Op: "look at", Path: path, Err: err}
	}
	var found unix.Stat_t
	if err := unix.Fstat(descriptor, &found); err != nil {
		unix.Close(descriptor)
		return 0, 0, &os.PathError{Op: "look at", Path: path, Err: err}
	}
	return descriptor, found.Mode & unix.S_IFMT, nil
}

// reopened is a path to the file of a descriptor.
func reopened(descriptor int) string { return fmt.Sprintf("/proc/self/fd/%d", descriptor) }
