package volumeimage

import (
	"archive/tar"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Made is how many images are remembered.
func (i *Images) Made() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.made)
}

// Header is a file's entry in a layer, without its content.
func Header(path string) (*tar.Header, error) {
	directory, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer directory.Close()
	f := file{directory: directory, base: filepath.Base(path), name: filepath.Base(path)}
	if err := unix.Lstat(path, &f.Stat_t); err != nil {
		return nil, err
	}
	return f.header(newBuffers())
}
