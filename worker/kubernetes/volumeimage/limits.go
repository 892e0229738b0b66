package volumeimage

import (
	"fmt"

	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Limits bound what the image of one volume may take. A step fills the volume, and
// the worker reads it.
type Limits struct {
	// Size is that of the largest image, in bytes. A sparse file counts in full.
	Size int64
	// Memory is how many bytes the worker keeps of names while it reads one volume:
	// those in the directories that it is in, and of files that have several.
	Memory int64
}

const (
	// maxDepth is how many directories may be in each other. Each is kept open.
	maxDepth = 256
	// maxPath leaves the container runtime as much of PATH_MAX for its own directory
	// as one name takes.
	maxPath = unix.PathMax - 1 - unix.NAME_MAX
	// maxAttributes is the largest PAX header that Go's archive/tar reads, with which
	// container runtimes unpack, but for the records beside the attributes.
	maxAttributes = 1<<20 - 64<<10

	// makingAtOnce and servingAtOnce are how many volumes are read at the same time.
	makingAtOnce, servingAtOnce = 2, 4

	// nameOverhead and linkOverhead are what Go keeps beside the letters of a name in
	// a sorted list and in a map, in bytes, at most.
	nameOverhead, linkOverhead = 48, 128
)

// use is what an image has taken of its limits so far.
type use struct {
	limits       Limits
	size, memory int64
}

// addFile counts a file before it is read.
func (u *use) addFile(size int64) error {
	const header = 512 // tar's, at least
	u.size += header + size
	if u.size > u.limits.Size || u.size < 0 {
		return fmt.Errorf("with it the image is larger than %s, sparse files in full: make it smaller, or raise the worker's --kubernetes-volume-image-max-size",
			quantity(u.limits.Size))
	}
	return nil
}

// hold counts what is kept in memory, and release what is not any more.
func (u *use) hold(bytes int64) error {
	u.memory += bytes
	if u.memory > u.limits.Memory {
		return fmt.Errorf("it has too many names in a directory, or too many files with several names, to keep in %s: have fewer, or raise the worker's --kubernetes-volume-image-max-memory",
			quantity(u.limits.Memory))
	}
	return nil
}

func (u *use) release(bytes int64) { u.memory -= bytes }

func quantity(bytes int64) string { return resource.NewQuantity(bytes, resource.BinarySI).String() }

// checkPlace refuses what no container runtime unpacks.
func checkPlace(name string, depth int) error {
	switch {
	case len(name) > maxPath:
		return fmt.Errorf("%q…: its path has more than %d letters, which no container runtime unpacks, and no flag raises: use shorter names or fewer levels", name[:64], maxPath)
	case depth > maxDepth:
		return fmt.Errorf("%q…: it is more than %d directories deep, which no flag raises: use fewer levels", name[:min(64, len(name))], maxDepth)
	}
	return nil
}
