package pod

import (
	"fmt"
	"net/url"
	"strings"

	"code.cloudfoundry.org/garden"
)

// RootDirectory is the directory on the node that is the container's image, which
// Garden writes as the URL raw://DIRECTORY. It is false for any other image.
func RootDirectory(container garden.ContainerSpec) (directory string, isDirectory bool) {
	parsed, err := url.Parse(imageURI(container))
	if err != nil || parsed.Scheme != "raw" {
		return "", false
	}
	return parsed.Path, true
}

func imageURI(container garden.ContainerSpec) string {
	if container.Image.URI != "" {
		return container.Image.URI
	}
	return container.RootFSPath
}

// ImageReference is the image of a container as Kubernetes writes it. Garden
// writes it as a URL: docker:///repository[:tag][@digest], the registry's host
// being the start of the path or the URL's host, the tag possibly its fragment.
func ImageReference(container garden.ContainerSpec) (string, error) {
	uri := imageURI(container)
	scheme, rest, found := strings.Cut(uri, "://")
	if !found {
		scheme, rest = "", uri
	}
	switch {
	case uri == "":
		return "", fmt.Errorf("container %s: no image is given", container.Handle)
	case scheme != "docker":
		return "", fmt.Errorf("container %s: image %s: the Kubernetes runtime takes docker:///REPOSITORY and raw://DIRECTORY only", container.Handle, withoutLogin(uri))
	}

	repository, tag, _ := strings.Cut(rest, "#")
	repository = strings.TrimPrefix(repository, "/")
	if repository == "" {
		return "", fmt.Errorf("container %s: image %s names no repository", container.Handle, uri)
	}
	if host, _, found := strings.Cut(repository, "/"); found && strings.Contains(host, "@") {
		return "", fmt.Errorf("container %s: its image's URL holds a login, which belongs into username and password", container.Handle)
	}
	if tag != "" {
		repository += ":" + tag
	}
	return repository, nil
}

func withoutLogin(uri string) string {
	parsed, err := url.Parse(uri)
	if err != nil {
		return "(not a URL)"
	}
	return parsed.Redacted()
}
