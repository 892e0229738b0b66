package kubernetes

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// privateRepositories are the repositories from which pods of this worker pulled
// with a login. Their images may be on the node, where a kubelet hands them to
// whoever knows their digest. They are kept in a file, as the images outlive the
// worker, and are never forgotten: nobody tells when the node drops an image.
type privateRepositories struct {
	file string

	// remembering puts changes of the file in order. It is held while the disk is
	// written.
	remembering sync.Mutex

	// mu is for the names in the file and the pulls. Who reads them never waits for the
	// disk.
	mu      sync.Mutex
	names   []string
	pulling map[string]int // how many pods with a login are starting, by repository
}

func loadPrivateRepositories(file string) (*privateRepositories, error) {
	loaded := &privateRepositories{file: file, pulling: map[string]int{}}
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

// guard has the registry decide who gets an image of a private repository: the
// pod of a container without a login always pulls from one.
func (r *privateRepositories) guard(desired *corev1.Pod) {
	step := &desired.Spec.Containers[0]
	if r.holds(repositoryOf(step.Image)) {
		step.ImagePullPolicy = corev1.PullAlways
	}
}

// repositoryOf is empty for what is no reference: the kubelet has words for it,
// and no image.
func repositoryOf(image string) string {
	reference, err := name.ParseReference(image)
	if err != nil {
		return ""
	}
	return reference.Context().Name()
}

func (r *privateRepositories) holds(repository string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pulling[repository] > 0 || slices.Contains(r.names, repository)
}

// pull has the image's repository private until release is called: a pod with a
// login may be pulling from it.
func (r *privateRepositories) pull(image string) (release func()) {
	repository := repositoryOf(image)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pulling[repository]++
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.pulling[repository]--; r.pulling[repository] == 0 {
			delete(r.pulling, repository)
		}
	}
}

func (r *privateRepositories) remember(image string) error {
	repository := repositoryOf(image)
	if repository == "" || slices.Contains(r.remembered(), repository) {
		return nil
	}
	r.remembering.Lock()
	defer r.remembering.Unlock()
	names := r.remembered()
	if slices.Contains(names, repository) {
		return nil
	}
	names = append(names, repository)
	content, err := json.Marshal(names)
	if err != nil {
		return fmt.Errorf("write which repositories are private: %w", err)
	}
	if err := replaceFile(r.file, content); err != nil {
		return fmt.Errorf("write which repositories are private: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names = names
	return nil
}

// remembered are the names in the file.
func (r *privateRepositories) remembered() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.names)
}

// startPrivate starts a container whose image is pulled with a login. One whose
// pull failed brought no image to the node: a wrong login must not make a public
// repository private for everyone.
func (b *Backend) startPrivate(container *Container, image string, start func() error) error {
	release := b.private.pull(image)
	defer release()
	err := start()
	seen, _ := container.pod.see()
	if failure, ok := errors.AsType[*pod.Failure](err); err == nil || seen.pod == nil || ok && failure.IsOfPull() {
		return err
	}
	return errors.Join(err, b.private.remember(image))
}
