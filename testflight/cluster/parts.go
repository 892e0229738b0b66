package cluster

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// parts returns all parts in the order in which they are started.
func (c *Cluster) parts() []part {
	if c.external != nil {
		return []part{c.registry(), c.privateRegistry(), c.postgres()}
	}
	parts := []part{
		c.etcd(), c.apiServer(), c.controllerManager(), c.scheduler(),
		c.registry(), c.privateRegistry(), c.postgres(),
	}
	for _, n := range c.nodes() {
		parts = append(parts, n.containerd(), n.kubelet())
	}
	return parts
}

// everything returns all parts and the daemons beside them.
func (c *Cluster) everything() []part { return append(c.parts(), c.daemons()...) }

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
	for _, p := range c.everything() {
		status := PartStatus{Name: p.name}
		alive, err := p.process()
		if err == nil {
			status.PID = alive.ID
			status.ResidentBytes, err = residentBytes(alive.ID)
		}
		if err != nil && !errors.Is(err, errNoProcess) {
			return nil, err
		}
		statuses = append(statuses, status)
	}
	return statuses, nil
}

func residentBytes(pid int) (int, error) {
	file := fmt.Sprintf("/proc/%d/status", pid)
	status, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	var kilobytes int
	if _, err := fmt.Sscanf(after, "%d kB", &kilobytes); err != nil {
		return 0, fmt.Errorf("read VmRSS in %s: %w", file, err)
	}
	return kilobytes << 10, nil
}
