package cluster

import (
	"context"
	"errors"

	"github.com/concourse/concourse-kubernetes/testflight/host"
	"github.com/concourse/concourse-kubernetes/testflight/supervise"
)

// parts returns all parts in the order in which they are started.
func (c *Cluster) parts() []supervise.Service {
	if c.external != nil {
		return []supervise.Service{c.registry(), c.privateRegistry(), c.postgres()}
	}
	parts := []supervise.Service{
		c.etcd(), c.apiServer(), c.controllerManager(), c.scheduler(),
		c.registry(), c.privateRegistry(), c.postgres(),
	}
	for _, n := range c.nodes() {
		parts = append(parts, n.containerd(), n.kubelet())
	}
	return parts
}

// everything returns all parts and the daemons beside them.
func (c *Cluster) everything() []supervise.Service { return append(c.parts(), c.daemons()...) }

// Watch returns nil when ctx ends, or before that an error as soon as a part of
// the cluster is not alive: it names the part and has the end of its log. A
// daemon that RunDaemon starts anew is waited for; one that StopDaemon stops is
// forgotten.
func (c *Cluster) Watch(ctx context.Context) error { return supervise.Watch(ctx, c.everything) }

// environment is what each part has of one. A proxy of ours must not come between the
// kubelet and the registries.
func environment() []string {
	return []string{"PATH=" + host.Path, "HOME=/root", "LANG=C.UTF-8"}
}

// PartStatus is what there is to say about one part.
type PartStatus struct {
	Name string
	// PID is 0 if the part isn't alive.
	PID int
	// ResidentBytes is the memory it has in use, its children's not counted.
	ResidentBytes int
}

// Status tells how each part is.
func (c *Cluster) Status() ([]PartStatus, error) {
	var statuses []PartStatus
	for _, part := range c.everything() {
		status := PartStatus{Name: part.Name}
		alive, err := part.Process()
		if err == nil {
			status.PID = alive.ID
			status.ResidentBytes, err = alive.ResidentBytes()
		}
		if err != nil && !errors.Is(err, supervise.ErrNoProcess) {
			return nil, err
		}
		statuses = append(statuses, status)
	}
	return statuses, nil
}
