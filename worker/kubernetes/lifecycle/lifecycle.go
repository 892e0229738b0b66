package lifecycle

import (
	"context"
	"sync"
	"time"

	"github.com/concourse/concourse-kubernetes/worker/broadcast"
)

// Kind tells the containers apart that end in different ways.
type Kind int

const (
	// Step is a container that a client may come back to after it has ended.
	Step Kind = iota

	// Check is one in which web runs one check after the other.
	Check
)

// Lifecycle is the phase of one container. All changes are its methods, each of them whole.
type Lifecycle struct {
	kind Kind

	mu      sync.Mutex
	changed broadcast.Broadcast
	phase   Phase

	// startError is why a container that is Discarded did not start, if so.
	startError error

	// reason is why a container that is Ended or GaveWay has no processes.
	reason error

	// aborted is why the start is to end. It is nil for a start that is wanted.
	aborted error

	// users are the requests that run, follow or start processes in the container.
	users int
	// hasRun says whether a process ran since the worker knows the container.
	hasRun bool
	// idleSince is when the last user left.
	idleSince time.Time
}

// New returns the lifecycle of a container that is Starting.
func New(kind Kind) *Lifecycle {
	return &Lifecycle{kind: kind, phase: Starting}
}

// Resume returns the lifecycle of a container from an earlier life of the worker. It is
// Ready, Ended, GaveWay or Discarded. The reason is that of one that is Ended or GaveWay. What
// ran in it tells whether a client is yet to run something.
func Resume(kind Kind, phase Phase, reason error, hasRun bool) *Lifecycle {
	return &Lifecycle{kind: kind, phase: phase, reason: reason, hasRun: hasRun, idleSince: time.Now()}
}

// View is a look at a lifecycle.
type View struct {
	Phase Phase

	// StartError is why a container that is Discarded did not start. It is nil for one that had
	// started.
	StartError error

	// Reason is why nothing runs in a container that is Ended or GaveWay.
	Reason error
}

// See returns the state, and a channel that is closed when there is a newer one.
func (l *Lifecycle) See() (View, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return View{Phase: l.phase, StartError: l.startError, Reason: l.reason}, l.changed.Next()
}

// Phase returns the phase.
func (l *Lifecycle) Phase() Phase {
	seen, _ := l.See()
	return seen.Phase
}

// Wait returns when the condition holds of the phase, or with the cause of the context's end.
func (l *Lifecycle) Wait(ctx context.Context, condition func(Phase) bool) (View, error) {
	for {
		seen, changed := l.See()
		if condition(seen.Phase) {
			return seen, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return seen, context.Cause(ctx)
		}
	}
}

// IsCheck says whether the container is one of checks.
func (l *Lifecycle) IsCheck() bool { return l.kind == Check }

// enter changes the phase. The caller holds mu.
func (l *Lifecycle) enter(phase Phase) Phase {
	l.phase = phase
	l.changed.Send()
	return phase
}
