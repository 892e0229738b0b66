package podinit

import "sync"

// Writing says whether a write of output to the client of an attach is in progress.
type Writing struct {
	mu     sync.Mutex
	active bool
	// changed is nil while nobody waits for a change.
	changed chan struct{}
}

// See returns whether a write is in progress, and a channel that is closed when that
// changes.
func (w *Writing) See() (active bool, changed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.changed == nil {
		w.changed = make(chan struct{})
	}
	return w.active, w.changed
}

// Begin is called before a write. There is at most one at a time.
func (w *Writing) Begin() { w.set(true) }

// End is called when the write has returned.
func (w *Writing) End() { w.set(false) }

func (w *Writing) set(active bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.active = active
	if w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
}
