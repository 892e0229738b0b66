package volumeimage

import (
	"archive/tar"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Made is how many images are remembered.
func (i *Images) Made() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.made)
}

// Waiting is how many wait for images that are not made yet.
func (i *Images) Waiting() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	count := 0
	for _, m := range i.making {
		count += m.waiting
	}
	return count
}

// Reading is how many volumes are read for an image.
func (i *Images) Reading() int { return len(i.readers.making) }

// Serving is how many volumes are read for a pull.
func (i *Images) Serving() int { return len(i.readers.serving) }

// SetGrace is how long volumes are read for nobody.
func (i *Images) SetGrace(grace time.Duration) { i.grace = grace }

// SetStall is how long a client may take nothing.
func (i *Images) SetStall(stall time.Duration) { i.stall = stall }

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
