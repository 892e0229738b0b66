package contained

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// unpacking makes the members of an archive below the working directory. It keeps
// what [tar.Header] says of owners by number, modes, times of modification, and
// the extended attributes that [isKept] names.
type unpacking struct {
	ctx    context.Context
	last   []unpackedDirectory // those that the last member is in, the outermost first
	buffer []byte              // of the length of a hole
}

// unpackedDirectory gets its time when all in it is unpacked.
type unpackedDirectory struct {
	name   string
	header *tar.Header
}

// unpackArchive reads an archive to its end, and the stream too: a compressed one
// ends with its checksum.
func unpackArchive(ctx context.Context, stream io.Reader) error {
	u := unpacking{ctx: ctx, buffer: make([]byte, hole)}
	archive := tar.NewReader(stream)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		header, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("read the archive: %w", err)
		}
		if header.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		if err := u.member(header, archive); err != nil {
			return fmt.Errorf("unpack %q: %w", header.Name, err)
		}
	}
	if err := u.leaveAllBut(0); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, stream); err != nil {
		return fmt.Errorf("read the end of the archive: %w", err)
	}
	return nil
}

func (u *unpacking) member(header *tar.Header, content io.Reader) error {
	name, err := memberName(header.Name)
	if err != nil {
		return err
	}
	if err := u.leaveFor(name); err != nil {
		return err
	}
	switch header.Typeflag {
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
		return u.makeFile(name, header, content)
	case tar.TypeDir:
		u.last = append(u.last, unpackedDirectory{name, header})
		return makeDirectory(name, header)
	case tar.TypeSymlink:
		return makeSymlink(name, header)
	case tar.TypeLink:
		return makeHardLink(name, header)
	case tar.TypeFifo, tar.TypeChar, tar.TypeBlock:
		return makeSpecial(name, header)
	default:
		return fmt.Errorf("members of type %q are not known", header.Typeflag)
	}
}

// memberName is a name below the working directory. Like GNU tar, it takes an
// absolute name for a relative one, and refuses one with dots.
func memberName(name string) (string, error) {
	if slices.Contains(strings.Split(name, "/"), "..") {
		return "", errors.New(`its name, or that of the file it links to, contains ".."`)
	}
	return path.Clean(strings.TrimLeft(name, "/") + "/."), nil
}

// leaveFor leaves the directories that the next member is not in.
func (u *unpacking) leaveFor(name string) error {
	entered := slices.IndexFunc(u.last, func(d unpackedDirectory) bool {
		return !isBelow(name, d.name)
	})
	if entered < 0 {
		return nil
	}
	return u.leaveAllBut(entered)
}

func isBelow(name, directory string) bool {
	return directory == "." && name != "." || strings.HasPrefix(name, directory+"/")
}

// leaveAllBut sets the times of directories, the innermost first.
func (u *unpacking) leaveAllBut(outermost int) error {
	for len(u.last) > outermost {
		left := u.last[len(u.last)-1]
		u.last = u.last[:len(u.last)-1]
		if err := setTime(left.name, left.header); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("unpack %q: %w", left.header.Name, err)
		}
	}
	return nil
}

// attempts bounds what another process that works in the same directory can hold up.
const attempts = 10

// replace makes a file of a name, in the place of what has the name, and makes the
// directories on the way. make must fail where the name is taken: a file that another
// process puts there is never opened.
func replace(name string, make func() error) error {
	var err error
	for range attempts {
		err = make()
		switch {
		case errors.Is(err, unix.EEXIST):
			if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		case errors.Is(err, unix.ENOENT):
			if err := os.MkdirAll(path.Dir(name), 0o755); err != nil {
				return err
			}
		default:
			return err
		}
	}
	return err
}
