package registryimage

import (
	"fmt"

	"github.com/concourse/concourse/atc"
	"github.com/distribution/reference"
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

// Image returns the image of a version. A version's digest wins over every tag;
// a version without one, or none at all, gives the source's tag, which is
// "latest" by default. A source that admits only some tags has no such default:
// without a version it is an error.
func (s Source) Image(version atc.Version) (Image, error) {
	if field := s.constraint(); field != "" && version["digest"] == "" && version["tag"] == "" {
		return Image{}, fmt.Errorf("no version of the registry-image %q is known that %s in its source admits: check which tags the registry has, or loosen %[2]s", s.fields.Repository, field)
	}
	image := Image{
		Repository: repositoryName(s.repository),
		Tag:        firstNonEmpty(version["tag"], string(s.fields.Tag), name.DefaultTag),
	}
	// The resource takes half a login for none: types.go, AuthOptions.
	if s.fields.Username != "" && s.fields.Password != "" {
		image.Username, image.Password = s.fields.Username, s.fields.Password
	}

	if digest := version["digest"]; digest != "" {
		pinned, err := name.NewDigest(s.repository.Name() + "@" + digest)
		if err != nil {
			return Image{}, fmt.Errorf("version of the registry-image %q has the digest %q, which is not valid: %w", s.fields.Repository, digest, err)
		}
		image.Reference, image.Pinned = image.Repository+"@"+pinned.DigestStr(), true
	} else {
		image.Reference = image.Repository + ":" + image.Tag
	}
	if err := s.acceptable(image); err != nil {
		return Image{}, err
	}
	return image, nil
}

// constraint is the field by which the source admits only some tags. With a tag
// of its own, the resource looks at none of them: check.go, check.
func (s Source) constraint() string {
	switch {
	case s.fields.Tag != "":
		return ""
	case s.fields.TagRegex != "":
		return "tag_regex"
	case s.fields.SemverConstraint != "":
		return "semver_constraint"
	case s.fields.Variant != "":
		return "variant"
	}
	return ""
}

// acceptable asks the parser that kubelets use.
func (s Source) acceptable(image Image) error {
	if _, err := reference.ParseNamed(image.Reference); err != nil {
		return fmt.Errorf("registry-image %q gives the reference %q, which a kubelet does not take: correct repository and tag: %w", s.fields.Repository, image.Reference, err)
	}
	return nil
}

func repositoryName(repository name.Repository) string {
	return registryName(repository) + "/" + repository.RepositoryStr()
}

func registryName(repository name.Repository) string {
	return kubeletName(repository.RegistryStr())
}

// kubeletName is the name of a registry as kubelets write it.
func kubeletName(registry string) string {
	if registry == name.DefaultRegistry {
		return dockerHub
	}
	return registry
}

func firstNonEmpty(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}
