package kubernetes

import (
	"maps"
	"slices"
	"time"

	"code.cloudfoundry.org/garden"
)

// Containers lists the containers that have all the given properties and that a client may
// know. One that is starting is none of them: upstream's Lookup asks for the list,
// so that a web node that was restarted would run a step's process before there is
// anything to run it in. It goes on to Create, which waits for the start in progress.
// Nor is one that the worker gave up: it removes that, and Create waits for it.
func (b *Backend) Containers(wanted garden.Properties) ([]garden.Container, error) {
	found := []garden.Container{}
	for _, container := range b.all() {
		if container.life.Phase().IsShown() && container.hasAll(wanted) {
			found = append(found, container)
		}
	}
	return found, nil
}

// Lookup finds a container that Containers lists.
func (b *Backend) Lookup(handle string) (garden.Container, error) {
	container := b.find(handle)
	if container == nil || !container.life.Phase().IsShown() {
		return nil, garden.ContainerNotFoundError{Handle: handle}
	}
	container.life.Touch()
	return container, nil
}

// BulkInfo answers for each handle.
func (b *Backend) BulkInfo(handles []string) (map[string]garden.ContainerInfoEntry, error) {
	entries := map[string]garden.ContainerInfoEntry{}
	for _, handle := range handles {
		container, err := b.Lookup(handle)
		if err != nil {
			entries[handle] = garden.ContainerInfoEntry{Err: &garden.Error{Err: err}}
			continue
		}
		info, _ := container.Info()
		entries[handle] = garden.ContainerInfoEntry{Info: info}
	}
	return entries, nil
}

// BulkMetrics answers with zeros: the kubelet has the metrics of pods.
func (b *Backend) BulkMetrics(handles []string) (map[string]garden.ContainerMetricsEntry, error) {
	entries := map[string]garden.ContainerMetricsEntry{}
	for _, handle := range handles {
		entry := garden.ContainerMetricsEntry{}
		if _, err := b.Lookup(handle); err != nil {
			entry.Err = &garden.Error{Err: err}
		}
		entries[handle] = entry
	}
	return entries, nil
}

// GraceTime is how long a container may go unused before Garden destroys it;
// zero is for ever.
func (b *Backend) GraceTime(container garden.Container) time.Duration {
	if known := b.find(container.Handle()); known != nil {
		return known.state.Read().GraceTime
	}
	return 0
}

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
