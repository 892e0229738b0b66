// Package broadcast tells all who wait for a state that the state has changed.
package broadcast

import "sync"

// Broadcast has a channel that is closed at the next change. Its zero value is ready to use.
//
// Who guards a state with a mutex takes the channel and sends under that mutex. So nobody
// misses a change between a look at the state and the wait.
type Broadcast struct {
	mu sync.Mutex
	// next is nil while nobody waits.
	next chan struct{}
}

// Next returns a channel that is closed by the next Send.
func (b *Broadcast) Next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.next
}

// Send wakes all who hold a channel of Next.
func (b *Broadcast) Send() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}
