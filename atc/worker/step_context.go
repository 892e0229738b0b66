package worker

import (
	"context"
	"errors"
	"sync"
	"time"
)

// stepContext is the context of a step without the time that its pod takes to
// start. Upstream's steps begin to count their timeout before they ask for the
// container, and promise in the documentation of their plans (atc.TaskPlan and so
// on) that it is without the fetching of the image, which a kubelet does while
// the pod starts.
//
// The step's own context ends at its first deadline all the same, and can't tell
// after that that the build was aborted: such a step goes on to its later
// deadline.
type stepContext struct {
	context.Context // of which only the values count
	done            chan struct{}

	mu       sync.Mutex
	err      error
	deadline time.Time
	expiry   *time.Timer // nil for a step without a timeout
	paused   time.Time
}

var _ context.Context = (*stepContext)(nil)

func newStepContext(ctx context.Context) *stepContext {
	s := &stepContext{Context: ctx, done: make(chan struct{})}
	if err := ctx.Err(); err != nil {
		s.end(err)
		return s
	}
	deadline, limited := ctx.Deadline()
	if limited {
		s.deadline = deadline
		s.expiry = time.AfterFunc(time.Until(deadline), func() { s.end(context.DeadlineExceeded) })
	}
	context.AfterFunc(ctx, func() {
		if !limited || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			s.end(ctx.Err())
		}
	})
	return s
}

func (s *stepContext) Done() <-chan struct{} { return s.done }

func (s *stepContext) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *stepContext) Deadline() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deadline, s.expiry != nil
}

func (s *stepContext) end(reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = reason
		close(s.done)
	}
}

// pause stops the time of the step's timeout until resume.
func (s *stepContext) pause() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paused = time.Now()
	if s.expiry != nil {
		s.expiry.Stop()
	}
}

func (s *stepContext) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.expiry != nil {
		s.deadline = s.deadline.Add(time.Since(s.paused))
		s.expiry.Reset(time.Until(s.deadline))
	}
}
