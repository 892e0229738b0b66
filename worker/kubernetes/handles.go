package kubernetes

import (
	"maps"
	"slices"
)

func (b *Backend) all() []*Container {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Values(b.containers))
}

func (b *Backend) find(handle string) *Container {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.containers[handle]
}

// forget frees the handle of a container.
func (b *Backend) forget(container *Container) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.containers, container.handle)
}
