package node

import "sync"

// observed is a value that others wait for changes of.
type observed[T any] struct {
	equal func(T, T) bool

	mu      sync.Mutex
	value   T
	changed chan struct{}
}

func newObserved[T any](first T, equal func(T, T) bool) *observed[T] {
	return &observed[T]{equal: equal, value: first, changed: make(chan struct{})}
}

// get returns the value, and a channel that is closed when there is another.
func (o *observed[T]) get() (T, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.value, o.changed
}

func (o *observed[T]) set(value T) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.equal(o.value, value) {
		return // the kubelet writes its Node's status all the time
	}
	o.value = value
	close(o.changed)
	o.changed = make(chan struct{})
}
