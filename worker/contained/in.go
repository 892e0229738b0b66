package contained

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/concourse/concourse/worker/baggageclaim"
	"golang.org/x/sys/unix"
)

// destination makes a directory of a volume, if it is not there. It returns its
// path from the volume's content.
func destination(data, path string) (local string, err error) {
	local, err = localPath(path)
	if err != nil {
		return "", err
	}
	found, err := Open(data, local)
	if errors.Is(err, fs.ErrNotExist) {
		return local, makeDirectories(data, local)
	}
	if err != nil {
		return "", err
	}
	return local, found.Close()
}

func makeDirectories(data, local string) error {
	root, err := os.OpenRoot(data)
	if err != nil {
		return err
	}
	defer root.Close()
	return root.MkdirAll(local, 0o755)
}

// unpack unpacks a stream into a directory of a volume, whose content is its root.
// It returns true if the stream is at fault.
func unpack(ctx context.Context, data, local string, encoding baggageclaim.Encoding, stream io.Reader) (isBad bool, err error) {
	plain, err := decompressor(encoding, stream)
	if err != nil {
		return true, err
	}
	defer plain.Close()
	root, err := os.Open(data)
	if err != nil {
		return false, err
	}
	defer root.Close()
	entered, err := rooted(root, func() error {
		if err := unix.Chdir(local); err != nil {
			return fmt.Errorf("enter directory %q of the volume: %w", local, err)
		}
		return unpackArchive(ctx, bufio.NewReaderSize(plain, readAhead))
	})
	return entered && err != nil, err
}

// readAhead is how many bytes are asked of a stream at once: a thread of its own is
// slow to wait for the network.
const readAhead = 1 << 20
