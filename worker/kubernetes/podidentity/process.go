package podidentity

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// process is a process by its directory in /proc, which is open. It stays that process:
// another that gets its ID has another directory.
type process struct{ directory *os.File }

func openProcess(procDir string, pid int) (process, error) {
	directory, err := os.Open(filepath.Join(procDir, strconv.Itoa(pid)))
	return process{directory}, err
}

// path leads to a file below the open directory, by the caller's own descriptor of it.
func (p process) path(file string) string {
	return fmt.Sprintf("/proc/self/fd/%d/%s", p.directory.Fd(), file)
}

func (p process) close() { p.directory.Close() }
