package volumeimage

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// image is a tree as a container image. Its layer is in the tree alone.
type image struct {
	tree     tree
	manifest blob
	config   blob
	layer    v1.Descriptor
}

// blob is a document of a registry.
type blob struct {
	v1.Descriptor
	content []byte
}

// newImage reads the tree to find its layer's digest. The user is not the image's
// here: Concourse reads it from the volume's metadata.json, and says with each
// process as whom it runs. It does the same with the environment, which the image
// has too: a worker that was restarted does not know it any more.
func newImage(ctx context.Context, from tree, limits Limits) (*image, error) {
	layer, err := layerOf(ctx, from, limits)
	if err != nil {
		return nil, err
	}
	config, err := newBlob(types.OCIConfigJSON, v1.ConfigFile{
		OS:           "linux",
		Architecture: runtime.GOARCH,
		Config:       v1.Config{Env: from.environment()},
		RootFS:       v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{layer.Digest}},
	})
	if err != nil {
		return nil, err
	}
	manifest, err := newBlob(types.OCIManifestSchema1, v1.Manifest{
		SchemaVersion: 2,
		MediaType:     types.OCIManifestSchema1,
		Config:        config.Descriptor,
		Layers:        []v1.Descriptor{layer},
	})
	if err != nil {
		return nil, err
	}
	return &image{tree: from, manifest: manifest, config: config, layer: layer}, nil
}

func newBlob(mediaType types.MediaType, document any) (blob, error) {
	content, err := json.Marshal(document)
	if err != nil {
		return blob{}, err
	}
	digest, size, err := v1.SHA256(bytes.NewReader(content))
	return blob{v1.Descriptor{MediaType: mediaType, Digest: digest, Size: size}, content}, err
}

// layerOf writes the layer to nowhere, to find its digest and size.
func layerOf(ctx context.Context, from tree, limits Limits) (v1.Descriptor, error) {
	root, err := from.open()
	if err != nil {
		return v1.Descriptor{}, err
	}
	defer root.Close()

	digest, size := sha256.New(), byteCounter(0)
	if err := writeEntries(guarded{ctx, from, io.MultiWriter(digest, &size)}, root, limits); err != nil {
		return v1.Descriptor{}, err
	}
	digest.Write(endOfArchive)
	return v1.Descriptor{
		MediaType: types.OCIUncompressedLayer,
		Digest:    v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(digest.Sum(nil))},
		Size:      int64(size) + int64(len(endOfArchive)),
	}, nil
}

type byteCounter int64

func (c *byteCounter) Write(p []byte) (int, error) {
	*c += byteCounter(len(p))
	return len(p), nil
}

// writeLayer writes the layer once more. The last bytes follow only if all of it
// has the digest that it had: a layer that changed ends early.
func (i *image) writeLayer(w io.Writer, limits Limits) error {
	root, err := i.tree.open()
	if err != nil {
		return err
	}
	defer root.Close()

	digest := sha256.New()
	buffered := bufio.NewWriterSize(w, 64<<10)
	if err := writeEntries(io.MultiWriter(digest, buffered), root, limits); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	digest.Write(endOfArchive)
	if found := hex.EncodeToString(digest.Sum(nil)); found != i.layer.Digest.Hex {
		return fmt.Errorf("its content changed: the layer was %s and is sha256:%s", i.layer.Digest, found)
	}
	_, err = w.Write(endOfArchive)
	return err
}
