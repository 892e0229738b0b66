package image

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"code.cloudfoundry.org/garden"
	"github.com/google/go-containerregistry/pkg/name"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/contract"
)

// Image is what a container is made from. Two that are equal are the same image with the same
// login.
type Image struct {
	// Reference is what the node pulls, as Kubernetes writes it. That of a directory is known
	// once the worker serves the directory, see [Image.At].
	Reference string

	// Directory is the directory in a volume of the node that the image is made of. It is
	// empty for an image of a registry.
	Directory string

	login login

	// guarded has the registry asked in any case.
	guarded bool

	// hadLogin says that the login is known to the image's pull Secret alone.
	hadLogin bool
}

// login is what the registry asks for. It is empty where the registry asks for nothing.
type login struct{ username, password string }

// Of returns the image that Garden's specification of a container names.
func Of(spec garden.ContainerSpec) (Image, error) {
	named, err := contract.ImageOf(spec)
	return Image{
		Reference: named.Reference,
		Directory: named.Directory,
		login:     login{spec.Image.Username, spec.Image.Password},
	}, err
}

// Resumed returns the image of a pod that an earlier life of the worker made. The login is in
// the pod's pull Secret, if there is one.
func Resumed(reference, directory string, hasSecret bool) Image {
	return Image{Reference: reference, Directory: directory, hadLogin: hasSecret}
}

// At returns the image of a directory by the reference under which the worker serves it.
func (i Image) At(reference string) Image {
	i.Reference = reference
	return i
}

// String is the image as the step asked for it: a reference, or a directory.
func (i Image) String() string {
	if i.Directory != "" {
		return i.Directory
	}
	return i.Reference
}

// HasLogin says whether the image is pulled with credentials of its own.
func (i Image) HasLogin() bool { return i.hadLogin || i.login != login{} }

// IsPinned says whether the reference has a digest, so that it means the same image for ever.
func (i Image) IsPinned() bool { return strings.Contains(i.Reference, "@") }

// Guarded returns the image with the registry being asked each time if its repository is
// private: the node may hold the image, and who may have it is for the registry to say.
func (i Image) Guarded(repositoryIsPrivate bool) Image {
	i.guarded = repositoryIsPrivate
	return i
}

// PullPolicy has the kubelet ask the registry, even if the node holds the image already, where
// the answer may be another than last time: whether a login is right, what a tag points at, and
// who may have an image that is guarded.
func (i Image) PullPolicy() corev1.PullPolicy {
	if i.HasLogin() || !i.IsPinned() || i.guarded {
		return corev1.PullAlways
	}
	return corev1.PullIfNotPresent
}

// Repository is the name of the image's repository with its registry. It is empty for what is
// no reference: the kubelet has words for it, and no image.
func (i Image) Repository() string {
	reference, err := name.ParseReference(i.Reference)
	if err != nil {
		return ""
	}
	return reference.Context().Name()
}

// dockerHubKey is where Docker's configuration keeps the login for Docker Hub.
const dockerHubKey = "https://index.docker.io/v1/"

// DockerConfig is a config.json of Docker's with the login for the image's registry.
func (i Image) DockerConfig() ([]byte, error) {
	reference, err := name.ParseReference(i.Reference)
	if err != nil {
		return nil, fmt.Errorf("find the image's registry, to log in: %w", err)
	}
	registry := reference.Context().RegistryStr()
	if registry == name.DefaultRegistry {
		registry = dockerHubKey
	}
	return json.Marshal(map[string]any{"auths": map[string]any{
		registry: map[string]string{
			"username": i.login.username,
			"password": i.login.password,
			"auth":     base64.StdEncoding.EncodeToString([]byte(i.login.username + ":" + i.login.password)),
		},
	}})
}
