package cluster

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// importSandboxImage gives containerd the image of every pod's sandbox, with our
// pause program, so that no registry is needed for it.
func (n node) importSandboxImage(ctx context.Context) error {
	images, err := n.ctr(ctx, "images", "list", "--quiet")
	if err != nil {
		return err
	}
	if slices.Contains(strings.Fields(images), sandboxImage) {
		return nil
	}
	program, err := os.ReadFile(n.cluster.PauseProgram())
	if err != nil {
		return err
	}
	image, err := imageRunning(program)
	if err != nil {
		return err
	}
	reference, err := name.ParseReference(sandboxImage)
	if err != nil {
		return err
	}
	archive := n.path("sandbox.tar")
	if err := tarball.WriteToFile(archive, reference, image); err != nil {
		return err
	}
	_, err = n.ctr(ctx, "images", "import", archive)
	return err
}

// imageRunning returns an image with one file, the static program that it runs.
func imageRunning(program []byte) (v1.Image, error) {
	var layer bytes.Buffer
	archive := tar.NewWriter(&layer)
	if err := archive.WriteHeader(&tar.Header{Name: "pause", Mode: 0o755, Size: int64(len(program))}); err != nil {
		return nil, err
	}
	if _, err := archive.Write(program); err != nil {
		return nil, err
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	added, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(layer.Bytes())), nil
	})
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(empty.Image, added)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", runtime.GOARCH
	config.Config.Entrypoint = []string{"/pause"}
	return mutate.ConfigFile(image, config)
}
