package images

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"io"
	"path"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// entry is a file, directory or symbolic link in a layer.
type entry struct {
	path string
	kind byte
	mode int64
	// owner is the user and group that it belongs to, root if not said.
	owner    int
	content  []byte
	linkedTo string
}

func directory(path string, mode int64) entry {
	return entry{path: path, kind: tar.TypeDir, mode: mode}
}

func homeOf(user int, path string) entry {
	return entry{path: path, kind: tar.TypeDir, mode: 0o755, owner: user}
}

func file(path string, mode int64, content []byte) entry {
	return entry{path: path, kind: tar.TypeReg, mode: mode, content: content}
}

func link(path, to string) entry {
	return entry{path: path, kind: tar.TypeSymlink, mode: 0o777, linkedTo: to}
}

// newLayer makes a layer that depends on nothing but the entries, whatever
// their order. Directories that they lie in come along.
func newLayer(entries []entry) (v1.Layer, error) {
	archive, err := archiveOf(withParents(entries))
	if err != nil {
		return nil, err
	}

	open := func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(archive)), nil
	}

	// Compressing well would take longer than a local registry saves.
	return tarball.LayerFromOpener(open, tarball.WithCompressionLevel(gzip.BestSpeed), tarball.WithCompressedCaching)
}

func withParents(entries []entry) []entry {
	complete := slices.Clone(entries)
	present := map[string]bool{".": true}

	for _, e := range entries {
		present[e.path] = true
	}

	for _, e := range entries {
		for parent := path.Dir(e.path); !present[parent]; parent = path.Dir(parent) {
			present[parent] = true
			complete = append(complete, directory(parent, 0o755))
		}
	}

	slices.SortFunc(complete, func(a, b entry) int { return cmp.Compare(a.path, b.path) })

	return complete
}

func archiveOf(entries []entry) ([]byte, error) {
	var archive bytes.Buffer

	writer := tar.NewWriter(&archive)

	for _, e := range entries {
		header := &tar.Header{
			Name:     e.path,
			Typeflag: e.kind,
			Mode:     e.mode,
			Uid:      e.owner,
			Gid:      e.owner,
			Size:     int64(len(e.content)),
			Linkname: e.linkedTo,
			ModTime:  time.Unix(0, 0),
		}
		if e.kind == tar.TypeDir {
			header.Name += "/"
		}

		if err := writer.WriteHeader(header); err != nil {
			return nil, err
		}

		if _, err := writer.Write(e.content); err != nil {
			return nil, err
		}
	}

	if err := writer.Close(); err != nil {
		return nil, err
	}

	return archive.Bytes(), nil
}
