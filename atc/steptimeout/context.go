package steptimeout

import (
	"context"
	"sync"
	"time"
)

// clockKey is the key of the value that holds a step's clock.
type clockKey struct{}

// New returns a context for a step. It ends with the parent, when it is cancelled, or,
// with context.DeadlineExceeded, once its clock has run for the limit. The clock
// stands until [Run].
func New(parent context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	s := &stepContext{Context: parent, done: make(chan struct{}), left: limit}
	forget := context.AfterFunc(parent, func() { s.end(parent.Err()) })
	return s, func() {
		forget()
		s.end(context.Canceled)
	}
}

// Unlimited returns a context for a step without a timeout. The parent may be
// that of another step, whose clock is none of this one's.
func Unlimited(parent context.Context) context.Context {
	return context.WithValue(parent, clockKey{}, (*stepContext)(nil))
}

// Run has the clock of a step run. A context that is no step's, or has no timeout,
// has none.
func Run(ctx context.Context) {
	if s := of(ctx); s != nil {
		s.run()
	}
}

// Pause stops the clock of a step until Run.
func Pause(ctx context.Context) {
	if s := of(ctx); s != nil {
		s.pause()
	}
}

func of(ctx context.Context) *stepContext {
	s, _ := ctx.Value(clockKey{}).(*stepContext)
	return s
}

// stepContext is a context with a clock. Its deadline is its parent's: its own may
// be put off.
type stepContext struct {
	context.Context
	done chan struct{}

	mu     sync.Mutex
	err    error
	left   time.Duration // when the clock began to run
	began  time.Time
	expiry *time.Timer // nil while the clock stands
}

func (s *stepContext) Done() <-chan struct{} { return s.done }

func (s *stepContext) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *stepContext) Value(key any) any {
	if key == (clockKey{}) {
		return s
	}
	return s.Context.Value(key)
}

func (s *stepContext) run() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || s.expiry != nil {
		return
	}
	s.began = time.Now()
	s.expiry = time.AfterFunc(s.left, func() { s.end(context.DeadlineExceeded) })
}

func (s *stepContext) pause() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopClock()
}

// stopClock wants the lock.
func (s *stepContext) stopClock() {
	if s.expiry == nil {
		return
	}
	s.expiry.Stop()
	s.expiry = nil
	s.left -= time.Since(s.began)
}

func (s *stepContext) end(reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	s.err = reason
	s.stopClock()
	close(s.done)
}
