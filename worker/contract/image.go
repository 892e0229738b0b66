package contract

import (
	"fmt"
	"net/url"
	"strings"

	"code.cloudfoundry.org/garden"
)

const (
	schemeEnd = "://"
	imageRoot = imageType + schemeEnd + "/"
	imageType = "docker"

	// directoryType is upstream's, which names a volume by its directory.
	directoryType = "raw"
)

// ImageURL is how Garden writes an image reference: docker:///REFERENCE.
func ImageURL(reference string) string { return imageRoot + reference }

// IsImageURL tells whether it is what [ImageURL] returns. The images of the base
// resource types of a Kubernetes worker are.
func IsImageURL(url string) bool { return strings.HasPrefix(url, imageRoot) }

// IsReference tells an image reference from a URL, which has a scheme.
func IsReference(image string) bool {
	return image != "" && !strings.Contains(image, schemeEnd)
}

// Image is what a container is made from: a reference or a directory.
type Image struct {
	// Reference is the image as Kubernetes writes it. It is empty for a directory.
	Reference string

	// Directory is the one on the node that is the container's root file system. It
	// is empty for a reference.
	Directory string
}

// ImageOf returns the image of a container. Garden writes a reference as a URL:
// docker:///repository[:tag][@digest], the registry's host being the start of the path
// or the URL's host, the tag possibly its fragment. A directory is raw://DIRECTORY.
// Errors name the container and quote no login.
func ImageOf(container garden.ContainerSpec) (Image, error) {
	uri := imageURI(container)
	if parsed, err := url.Parse(uri); err == nil && parsed.Scheme == directoryType {
		return Image{Directory: parsed.Path}, nil
	}
	reference, err := parseReference(uri)
	if err != nil {
		return Image{}, fmt.Errorf("container %s: %w", container.Handle, err)
	}
	return Image{Reference: reference}, nil
}

func imageURI(container garden.ContainerSpec) string {
	if container.Image.URI != "" {
		return container.Image.URI
	}
	return container.RootFSPath
}
