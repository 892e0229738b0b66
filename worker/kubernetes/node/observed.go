package node

import (
	"sync"

	"github.com/concourse/concourse-kubernetes/worker/broadcast"
)

// observed is a value that others wait to see changed.
type observed[T any] struct {
	equal func(T, T) bool

	mu      sync.Mutex
	value   T
	changed broadcast.Broadcast
}

func newObserved[T any](first T, equal func(T, T) bool) *observed[T] {
	return &observed[T]{equal: equal, value: first}
}

// get returns the value, and a channel that is closed when there is another.
func (o *observed[T]) get() (T, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.value, o.changed.Next()
}

// set is called often with the same value: the kubelet writes its Node's status all the time.
func (o *observed[T]) set(value T) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.equal(o.value, value) {
		return
	}
	o.value = value
	o.changed.Send()
}
