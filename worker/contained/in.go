package contained

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/concourse/concourse/worker/baggageclaim"
)

// ErrHoldsLinks is the error for a directory in which an archive could be unpacked
// through a link that is there already.
var ErrHoldsLinks = errors.New("may lead out of the volume, so nothing is unpacked beside it: stream into a directory without such links")

// destination is a directory below another one, which is made if it is not there.
func destination(data, path string) (*os.File, error) {
	local, err := localPath(path)
	if err != nil {
		return nil, err
	}
	if err := makeDirectories(data, local); err != nil {
		return nil, err
	}
	opened, err := Open(data, local)
	if err != nil {
		return nil, err
	}
	if err := refuseLinks(opened); err != nil {
		opened.Close()
		return nil, err
	}
	return opened, nil
}

func makeDirectories(data, local string) error {
	root, err := os.OpenRoot(data)
	if err != nil {
		return err
	}
	defer root.Close()
	return root.MkdirAll(local, 0o755)
}

// refuseLinks looks for links that were there before: tar follows those on the way to
// a file that it unpacks. New volumes are empty.
func refuseLinks(directory *os.File) error {
	root, err := os.OpenRoot(fmt.Sprintf("/proc/self/fd/%d", directory.Fd()))
	if err != nil {
		return fmt.Errorf("%q: %w", directory.Name(), err)
	}
	defer root.Close()
	return fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type() != fs.ModeSymlink {
			return err
		}
		target, err := root.Readlink(name)
		if err != nil {
			return err
		}
		if filepath.IsAbs(target) || slices.Contains(strings.Split(target, "/"), "..") {
			return fmt.Errorf("link %q to %q %w", name, target, ErrHoldsLinks)
		}
		return nil
	})
}

// unpack has tar read an archive in an open directory. It returns true if the
// stream is at fault.
func unpack(ctx context.Context, destination *os.File, encoding baggageclaim.Encoding, stream io.Reader) (isBad bool, err error) {
	plain, err := decompressor(encoding, stream)
	if err != nil {
		return true, err
	}
	defer plain.Close()
	err = tarProgram(ctx, destination, plain, nil, "--extract", "--file=-")
	return err != nil && !errors.Is(err, errNotStarted), err
}
