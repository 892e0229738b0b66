package kubernetes

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"
)

// queues put starts in order that wait for the same: the one that came first tries first, and
// the next one once the node has taken its pod.
type queues struct {
	mu sync.Mutex
	of map[string]*semaphore.Weighted
}

func newQueues() queues { return queues{of: map[string]*semaphore.Weighted{}} }

func (q *queues) queue(of string) *semaphore.Weighted {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.of[of] == nil {
		q.of[of] = semaphore.NewWeighted(1)
	}
	return q.of[of]
}

// isBusy says whether someone waits in a queue.
func (q *queues) isBusy(of string) bool {
	queue := q.queue(of)
	if !queue.TryAcquire(1) {
		return true
	}
	queue.Release(1)
	return false
}

// turn is a start's place at the head of at most one queue.
type turn struct {
	mu   sync.Mutex
	of   string
	held *semaphore.Weighted
}

// take waits for the head of a queue, and leaves any other one.
func (t *turn) take(ctx context.Context, in *queues, of string) error {
	if t.isAt(of) {
		return nil
	}
	t.pass()
	queue := in.queue(of)
	if err := queue.Acquire(ctx, 1); err != nil {
		return context.Cause(ctx)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of, t.held = of, queue
	return nil
}

func (t *turn) isAt(of string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.held != nil && t.of == of
}

// pass lets the next one try.
func (t *turn) pass() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held != nil {
		t.held.Release(1)
		t.held = nil
	}
}
