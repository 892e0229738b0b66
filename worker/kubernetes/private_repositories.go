package kubernetes

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"

	"code.cloudfoundry.org/garden"
	"github.com/google/go-containerregistry/pkg/name"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// privateRepositories are the repositories from which this worker made pods
// with a login. Their images may be on the node, where a kubelet hands them to
// whoever knows their digest. They are kept in a file, as the images outlive the
// worker, and are never forgotten: nobody tells when the node drops an image.
type privateRepositories struct {
	file string

	mu    sync.Mutex
	names []string
}

func loadPrivateRepositories(file string) (*privateRepositories, error) {
	loaded := &privateRepositories{file: file}
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return loaded, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read which repositories are private: %w", err)
	}
	if err := json.Unmarshal(content, &loaded.names); err != nil {
		return nil, fmt.Errorf("read which repositories are private: %s: %w", file, err)
	}
	return loaded, nil
}

// guard has the registry decide who gets an image of a private repository: it
// remembers the repository of a container with a login, and lets the pod of one
// without always pull from a repository that is remembered.
func (r *privateRepositories) guard(container garden.ContainerSpec, desired *corev1.Pod) error {
	step := &desired.Spec.Containers[0]
	image, err := name.ParseReference(step.Image)
	if err != nil {
		return nil // the kubelet has words for it, and no image
	}
	repository := image.Context().Name()
	if pod.HasLogin(container) {
		return r.remember(repository)
	}
	if r.holds(repository) {
		step.ImagePullPolicy = corev1.PullAlways
	}
	return nil
}

func (r *privateRepositories) holds(repository string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.names, repository)
}

func (r *privateRepositories) remember(repository string) error {
	r.mu.Lock()
	defer r.mu.Unlock()

	if slices.Contains(r.names, repository) {
		return nil
	}
	names := append(slices.Clone(r.names), repository)
	content, err := json.Marshal(names)
	if err != nil {
		return fmt.Errorf("write which repositories are private: %w", err)
	}
	if err := replaceFile(r.file, content); err != nil {
		return fmt.Errorf("write which repositories are private: %w", err)
	}
	r.names = names
	return nil
}
