package podinit

import (
	"sync"

	"github.com/concourse/concourse-kubernetes/worker/broadcast"
)

// Writing says whether a write of output to the client of an attach is in progress.
type Writing struct {
	mu      sync.Mutex
	active  bool
	changed broadcast.Broadcast
}

// See returns whether a write is in progress, and a channel that is closed when that
// changes.
func (w *Writing) See() (active bool, changed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.active, w.changed.Next()
}

// Begin is called before a write. There is at most one at a time.
func (w *Writing) Begin() { w.set(true) }

// End is called when the write has returned.
func (w *Writing) End() { w.set(false) }

func (w *Writing) set(active bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.active = active
	w.changed.Send()
}
