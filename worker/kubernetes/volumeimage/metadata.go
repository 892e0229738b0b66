package volumeimage

import (
	"encoding/json"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/concourse/concourse-kubernetes/worker/contained"
)

// metadataFile lies beside the root file system and is what Concourse knows of an
// image that is a volume. The resource that got the image wrote it.
const metadataFile = "metadata.json"

// maxMetadata is far more than any environment that a program could be started with.
const maxMetadata = 1 << 20

// environment is the image's, or none: Concourse itself fails a step whose image
// has no metadata, or has some that can't be read.
func (t tree) environment() []string {
	if t.directory == "." {
		return nil
	}
	file, err := contained.Open(filepath.Join(t.volume, content), filepath.Join(filepath.Dir(t.directory), metadataFile))
	if err != nil { // a step may have made it what it liked
		return nil
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	return readEnvironment(io.LimitReader(file, maxMetadata))
}

// readEnvironment reads metadata as Concourse does. What is no variable is left
// out: a container runtime may refuse to start a container that has it.
func readEnvironment(metadata io.Reader) []string {
	var image struct {
		Env []string `json:"env"`
	}
	if err := json.NewDecoder(metadata).Decode(&image); err != nil {
		return nil
	}
	return slices.DeleteFunc(image.Env, func(variable string) bool {
		name, _, assigns := strings.Cut(variable, "=")
		return !assigns || name == "" || strings.ContainsRune(variable, 0)
	})
}
