package registryimage

import (
	"fmt"

	"github.com/concourse/concourse/atc"
	"github.com/google/go-containerregistry/pkg/name"
)

// dockerHub is the name that kubelets and container runtimes use for
// name.DefaultRegistry.
const dockerHub = "docker.io"

// Image is what a kubelet needs to pull an image.
type Image struct {
	// Repository is the repository with its registry, Docker Hub's short names
	// written out: docker.io/library/busybox.
	Repository string

	// Reference is the repository with @digest, or with :tag where no digest is known.
	Reference string

	// Tag is the tag of the version, else that of the source, else "latest".
	Tag string

	// Pinned tells whether the reference has a digest.
	Pinned bool

	// Username and Password are the login of the registry, empty where there is none.
	Username, Password string
}

// Resolve returns the image of a version of a registry-image resource. A
// version's digest wins over every tag; a version without one, or none at
// all, gives the source's tag, which is "latest" by default.
func Resolve(raw atc.Source, version atc.Version) (Image, error) {
	parsed, err := parseSource(raw)
	if err != nil {
		return Image{}, err
	}

	repository, err := parseRepository(parsed.Repository)
	if err != nil {
		return Image{}, err
	}

	image := Image{
		Repository: repositoryName(repository),
		Tag:        firstNonEmpty(version["tag"], string(parsed.Tag), name.DefaultTag),
	}
	// The resource takes half a login for none: types.go, BasicCredentials.
	if parsed.Username != "" && parsed.Password != "" {
		image.Username, image.Password = parsed.Username, parsed.Password
	}

	if digest := version["digest"]; digest != "" {
		pinned, err := name.NewDigest(repository.Name() + "@" + digest)
		if err != nil {
			return Image{}, fmt.Errorf("version of the registry-image %q has the digest %q, which is not valid: %w", parsed.Repository, digest, err)
		}
		image.Reference, image.Pinned = image.Repository+"@"+pinned.DigestStr(), true
		return image, nil
	}

	tagged, err := name.NewTag(repository.Name() + ":" + image.Tag)
	if err != nil {
		return Image{}, fmt.Errorf("registry-image %q has the tag %q, which is not valid: %w", parsed.Repository, image.Tag, err)
	}
	image.Reference = image.Repository + ":" + tagged.TagStr()
	return image, nil
}

func parseRepository(text string) (name.Repository, error) {
	repository, err := name.NewRepository(text)
	if err != nil {
		return name.Repository{}, fmt.Errorf("repository %q in the source of a registry-image is not valid (a tag goes into tag): %w", text, err)
	}
	return repository, nil
}

func repositoryName(repository name.Repository) string {
	if repository.RegistryStr() == name.DefaultRegistry {
		return dockerHub + "/" + repository.RepositoryStr()
	}
	return repository.Name()
}

func firstNonEmpty(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}
