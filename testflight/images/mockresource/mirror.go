package mockresource

import (
	"encoding/json"
	"path/filepath"
)

// imageMetadata is what Concourse reads beside the rootfs of a fetched image.
type imageMetadata struct {
	Env  []string `json:"env"`
	User string   `json:"user"`
}

// mirror writes the resource's own root file system into the directory in the
// form of an image that a get fetched.
func (r Resource) mirror(directory, version string) error {
	if err := r.Root.CopyTo(filepath.Join(directory, "rootfs")); err != nil {
		return err
	}

	metadata, err := json.Marshal(imageMetadata{
		Env:  []string{mirroredVersion + "=" + version},
		User: "root",
	})
	if err != nil {
		return err
	}

	return Files{"metadata.json": string(metadata)}.write(directory)
}
