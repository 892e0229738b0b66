// Package repositories remembers from which repositories a worker's pods pulled with a login.
package repositories

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/statedir"
)

// Private are the repositories from which pods of this worker pulled
// with a login. Their images may be on the node, where a kubelet hands them to
// whoever knows their digest. They are kept in a file, as the images outlive the
// worker, and are never forgotten: nobody tells when the node drops an image.
//
// Repositories have the names that go-containerregistry gives them. What has no name, since it
// is no reference, is empty and not private.
type Private struct {
	file string

	// Write replaces the file.
	Write func(file string, content []byte) error

	// remembering puts changes of the file in order. It is held while the disk is
	// written.
	remembering sync.Mutex

	// mu is for the names in the file and the pulls. Who reads them never waits for the
	// disk.
	mu      sync.Mutex
	names   []string
	pulling map[string]int // how many pods with a login are starting, by repository
}

// Load reads the file, which need not be there.
func Load(file string) (*Private, error) {
	loaded := &Private{file: file, Write: statedir.Replace, pulling: map[string]int{}}
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

// Holds says whether the registry has to decide who gets an image of the repository.
func (p *Private) Holds(repository string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pulling[repository] > 0 || slices.Contains(p.names, repository)
}

// Pull has the repository private until release is called: a pod with a login may be pulling
// from it.
func (p *Private) Pull(repository string) (release func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pulling[repository]++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.pulling[repository]--; p.pulling[repository] == 0 {
			delete(p.pulling, repository)
		}
	}
}

// Remember has the repository private for good.
func (p *Private) Remember(repository string) error {
	if repository == "" || slices.Contains(p.remembered(), repository) {
		return nil
	}
	p.remembering.Lock()
	defer p.remembering.Unlock()
	names := p.remembered()
	if slices.Contains(names, repository) {
		return nil
	}
	names = append(names, repository)
	content, err := json.Marshal(names)
	if err != nil {
		return fmt.Errorf("write which repositories are private: %w", err)
	}
	if err := p.Write(p.file, content); err != nil {
		return fmt.Errorf("write which repositories are private: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.names = names
	return nil
}

// remembered are the names in the file.
func (p *Private) remembered() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.names)
}
