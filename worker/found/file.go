package found

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// At finds the file at a path. It follows no link at the end of the path.
func At(path string) (*os.File, error) {
	descriptor, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "look at", Path: path, Err: err}
	}
	return os.NewFile(uintptr(descriptor), path), nil
}

// Kind says what a found file is, as one of the constants S_IF….
func Kind(file *os.File) (uint32, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &stat); err != nil {
		return 0, &os.PathError{Op: "look at", Path: file.Name(), Err: err}
	}
	return stat.Mode & unix.S_IFMT, nil
}

// Path leads to a found file while that is open.
func Path(file *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", file.Fd()) }

// Open opens a found file for reading, under the name that it was found by.
func Open(file *os.File) (*os.File, error) {
	descriptor, err := unix.Open(Path(file), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: file.Name(), Err: err}
	}
	return os.NewFile(uintptr(descriptor), file.Name()), nil
}
