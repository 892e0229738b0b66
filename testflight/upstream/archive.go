package upstream

import (
	"archive/tar"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// archiveFly packs fly into a folder as web's --cli-artifacts-dir wants it: an
// archive for each platform, with the program at its top. There is one for this
// machine's.
func archiveFly(fly, dir string) error {
	program, err := os.Open(fly)
	if err != nil {
		return err
	}
	defer program.Close()
	found, err := program.Stat()
	if err != nil {
		return err
	}
	archive, err := os.Create(filepath.Join(dir, fmt.Sprintf("fly-%s-%s.tgz", runtime.GOOS, runtime.GOARCH)))
	if err != nil {
		return err
	}
	defer archive.Close()

	compressed, err := gzip.NewWriterLevel(archive, gzip.BestSpeed)
	if err != nil {
		return err
	}
	files := tar.NewWriter(compressed)
	if err := files.WriteHeader(&tar.Header{Name: "fly", Mode: 0o755, Size: found.Size(), ModTime: found.ModTime()}); err != nil {
		return err
	}
	if _, err := io.Copy(files, program); err != nil {
		return err
	}
	for _, written := range []io.Closer{files, compressed, archive} {
		if err := written.Close(); err != nil {
			return err
		}
	}
	return nil
}
