package podidentity

import "os"

// OpenProcess returns where the files of a process are, while its directory is open.
func OpenProcess(procDir string, pid int) (path func(file string) string, directory *os.File, err error) {
	opened, err := openProcess(procDir, pid)
	return opened.path, opened.directory, err
}
