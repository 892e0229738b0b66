package podwatch

import (
	"context"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/concourse/concourse-kubernetes/worker/broadcast"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// Pod is the last that was heard of a container's pod. What is heard of any other pod, one of
// the same name too, changes nothing.
type Pod struct {
	name string

	mu      sync.Mutex
	changed broadcast.Broadcast
	last    Seen
	early   map[types.UID]Seen // what was heard before it was known which pod is meant; nil for any
}

// Seen is a pod as the API server showed it last. Pod is nil until then.
type Seen struct {
	Pod  *corev1.Pod
	Gone bool
}

// Ended says whether nothing runs in the pod any more.
func (s Seen) Ended() bool {
	return s.Gone || s.Pod != nil && pod.Ended(s.Pod)
}

// Ending says whether the pod has ended or is being deleted.
func (s Seen) Ending() bool {
	return s.Ended() || s.Pod != nil && s.Pod.DeletionTimestamp != nil
}

// Named returns a pod that is to be created. Until Created it is none that the watch tells of: a
// pod of the name may be an earlier container's.
func Named(name string) *Pod {
	return &Pod{name: name, early: map[types.UID]Seen{}}
}

// Known returns a pod that was created before. It is the first of the name that is heard of.
func Known(name string) *Pod {
	return &Pod{name: name}
}

// Name is the name that the pod has in its namespace.
func (p *Pod) Name() string { return p.name }

// See returns the last state, and a channel that is closed when there is a newer one.
func (p *Pod) See() (Seen, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last, p.changed.Next()
}

// Wait returns when the condition holds, or with the context's error.
func (p *Pod) Wait(ctx context.Context, condition func(Seen) bool) (Seen, error) {
	for {
		seen, changed := p.See()
		if condition(seen) {
			return seen, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return seen, ctx.Err()
		}
	}
}

// Created is for the answer to the pod's creation, which the watch may precede.
func (p *Pod) Created(created *corev1.Pod) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last.Pod != nil {
		return
	}
	if seen, isEarly := p.early[created.UID]; isEarly {
		p.set(seen)
		return
	}
	p.set(Seen{Pod: created})
}

// Changed takes note of a pod that was seen. It says false if it is another one.
func (p *Pod) Changed(seen *corev1.Pod) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.is(seen) {
		p.remember(Seen{Pod: seen})
		return false
	}
	if !p.last.Gone {
		p.set(Seen{Pod: seen})
	}
	return true
}

// Deleted takes note that a pod is gone. It says false if it is another one.
func (p *Pod) Deleted(gone *corev1.Pod) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.is(gone) {
		p.remember(Seen{Pod: gone, Gone: true})
		return false
	}
	p.set(Seen{Pod: gone, Gone: true})
	return true
}

// Vanished is for a pod that was removed, of which the watch may never tell.
func (p *Pod) Vanished() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.set(Seen{Pod: p.last.Pod, Gone: true})
}

// Next makes place for another pod of the name, which is to be created. What is heard of a
// former one from then on changes nothing.
func (p *Pod) Next() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = Seen{}
	p.early = map[types.UID]Seen{}
}

// remember keeps what was heard of a pod that may turn out to be this one. The caller holds mu.
func (p *Pod) remember(seen Seen) {
	if p.last.Pod == nil && p.early != nil && seen.Pod.Name == p.name {
		p.early[seen.Pod.UID] = seen
	}
}

// is says whether what was heard of a pod was heard of this one. A person's copy of it has its
// labels and annotations (kubectl debug --copy-to --keep-labels). The caller holds mu.
func (p *Pod) is(seen *corev1.Pod) bool {
	if seen.Name != p.name {
		return false
	}
	if p.last.Pod != nil {
		return p.last.Pod.UID == seen.UID
	}
	return p.early == nil
}

// set is called by who holds mu.
func (p *Pod) set(seen Seen) {
	p.last = seen
	p.early = nil
	p.changed.Send()
}
