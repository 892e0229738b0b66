package volumeimage

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// endOfArchive is what a tar archive ends with.
var endOfArchive = make([]byte, 1024)

// whiteoutPrefix begins the names by which an OCI layer removes files of the
// layers below it.
const whiteoutPrefix = ".wh."

var errChanging = errors.New("it changed while it was read")

// file is a name in a directory, which is open: names are never resolved through
// a path that a process in a container could change meanwhile.
type file struct {
	directory *os.File
	base      string
	// name is the path in the archive.
	name string
	unix.Stat_t
}

// inode tells files apart, whatever their names.
type inode struct{ device, number uint64 }

// layer writes files into a tar archive, within limits.
type layer struct {
	archive *tar.Writer
	use     use
	// linked are the names under which files that have several came first.
	linked  map[inode]string
	buffers buffers
}

// buffers are those of one file at a time.
type buffers struct{ content, xattrNames, xattrValue []byte }

func newBuffers() buffers {
	return buffers{
		content:    make([]byte, bufferSize),
		xattrNames: make([]byte, maxXattrs),
		xattrValue: make([]byte, maxXattrs),
	}
}

// writeEntries writes all of a directory, itself first, as the entries of a
// layer, in an order and form that depend on its content alone. endOfArchive is
// left to the caller.
func writeEntries(w io.Writer, root *os.File, limits Limits) error {
	l := &layer{archive: tar.NewWriter(w), use: use{limits: limits}, linked: map[inode]string{}, buffers: newBuffers()}
	if err := l.write(root, ".", ".", 0); err != nil {
		return err
	}
	return l.archive.Flush()
}

func (l *layer) write(directory *os.File, base, name string, depth int) error {
	if err := checkPlace(name, depth); err != nil {
		return err
	}
	f := file{directory: directory, base: base, name: name}
	if strings.HasPrefix(base, whiteoutPrefix) {
		return fmt.Errorf("%q: an image can't hold a file whose name begins with %s, which stands for the removal of a file: rename or remove it", name, whiteoutPrefix)
	}
	if err := unix.Fstatat(int(directory.Fd()), base, &f.Stat_t, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("%q: find out its attributes: %w", name, err)
	}
	if f.isSocket() || f.isOverlayWhiteout() {
		return nil
	}
	if err := l.writeFile(f); err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	if f.isDirectory() {
		return l.writeDirectory(f, depth)
	}
	return nil
}

func (l *layer) writeFile(f file) error {
	header, err := f.header(l.buffers)
	if err != nil {
		return err
	}
	id := inode{uint64(f.Dev), f.Ino}
	if first, ok := l.linked[id]; ok {
		header.Typeflag, header.Linkname, header.Size = tar.TypeLink, first, 0
	} else if f.Nlink > 1 && !f.isDirectory() {
		if err := l.use.hold(int64(len(f.name)) + linkOverhead); err != nil {
			return err
		}
		l.linked[id] = f.name
	}
	if err := l.use.addFile(header.Size); err != nil {
		return err
	}
	if err := l.archive.WriteHeader(header); err != nil {
		return err
	}
	if header.Typeflag == tar.TypeReg {
		return l.writeContent(f)
	}
	return nil
}

func (l *layer) writeDirectory(f file, depth int) error {
	opened, err := f.open()
	if err != nil {
		return fmt.Errorf("%q: %w", f.name, err)
	}
	defer opened.Close()
	names, held, err := l.namesIn(opened)
	defer func() { l.use.release(held) }()
	if err != nil {
		return fmt.Errorf("%q: list the directory: %w", f.name, err)
	}
	for _, base := range names {
		if err := l.write(opened, base, path.Join(f.name, base), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// namesIn returns the sorted names in a directory, and what they hold of the memory.
func (l *layer) namesIn(directory *os.File) (names []string, held int64, err error) {
	const atOnce = 1024
	for {
		some, err := directory.Readdirnames(atOnce)
		if errors.Is(err, io.EOF) {
			slices.Sort(names)
			return names, held, nil
		}
		if err != nil {
			return nil, held, err
		}
		for _, name := range some {
			bytes := int64(len(name)) + nameOverhead
			held += bytes
			if err := l.use.hold(bytes); err != nil {
				return nil, held, err
			}
		}
		names = append(names, some...)
	}
}
