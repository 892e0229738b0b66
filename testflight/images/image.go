package images

import (
	"runtime"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Image is an image under the name and the tags that tests know it by.
type Image struct {
	v1.Image

	// Name is the repository, without the registry.
	Name string
	Tags []string
}

// newImage makes an image of layers, the lowest first. It configures the user,
// root if there is none.
func newImage(user string, layers ...v1.Layer) (v1.Image, error) {
	image, err := mutate.AppendLayers(empty.Image, layers...)
	if err != nil {
		return nil, err
	}

	described, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}

	config := described.DeepCopy()
	config.Created = v1.Time{Time: time.Unix(0, 0).UTC()}
	config.OS = "linux"
	config.Architecture = runtime.GOARCH
	config.Config.User = user
	config.Config.Env = []string{"PATH=" + searchPath}
	config.Config.Cmd = []string{"/bin/sh"}

	return mutate.ConfigFile(image, config)
}
