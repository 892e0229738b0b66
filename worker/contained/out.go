package contained

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/concourse/concourse/worker/baggageclaim"
)

// pack writes an open directory's content, or an open file, as an archive.
func pack(ctx context.Context, source *os.File, encoding baggageclaim.Encoding, dest io.Writer) error {
	info, err := source.Stat()
	if err != nil {
		return err
	}
	compressed, err := compressor(encoding, dest)
	if err != nil {
		return err
	}
	if info.IsDir() {
		err = packDirectory(ctx, source, compressed)
	} else {
		err = packFile(source, info, compressed)
	}
	if closeErr := compressed.Close(); err == nil {
		err = closeErr
	}
	return err
}

// packFile writes an archive of one file, under the last element of its name.
func packFile(source *os.File, info os.FileInfo, dest io.Writer) error {
	header, err := tar.FileInfoHeader(info, "")
	if err != nil {
		return fmt.Errorf("describe %q: %w", source.Name(), err)
	}
	header.Uname, header.Gname = "", "" // names of the node's
	archive := tar.NewWriter(dest)
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	if _, err := io.CopyN(archive, source, info.Size()); err != nil {
		return fmt.Errorf("read %q: %w", source.Name(), err)
	}
	return archive.Close()
}
