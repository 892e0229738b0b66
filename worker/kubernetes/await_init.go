package kubernetes

import (
	"context"
	"errors"
	"time"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// awaitInit asks init for an answer while it watches what becomes of the pod.
// Init answers well before the kubelet reports that the container runs.
func (b *Backend) awaitInit(ctx context.Context, container *Container) error {
	began := time.Now()
	problem := passingProblem{patience: b.patience.pullProblem}
	missedSecret := false

	for {
		if b.ping(ctx, container.init) {
			return nil
		}
		seen, changed := container.pod.see()
		if seen.gone {
			return errDeletedWhileStarting
		}
		failure := pod.StartFailure(seen.pod)
		if failure != nil && failure.Final {
			if !failure.IsOfPull() {
				return failure
			}
			if !missedSecret {
				missed, known, err := b.missedSecret(ctx, seen.pod)
				if err != nil || known && !missed {
					return errors.Join(failure, err)
				}
				missedSecret = missed
			}
			problem.patience = b.patience.secondPull
		}
		problem.note(failure)

		select {
		case <-changed:
			problem.podChanged()
		case <-time.After(b.patience.untilPing(time.Since(began))):
		case <-problem.persists:
			again, err := b.mayBePullingAgain(ctx, seen.pod)
			if err != nil || !again {
				return errors.Join(problem.failure, err)
			}
			problem.isRetried()
		case <-ctx.Done():
			return b.startAborted(ctx, container, problem.failure)
		}
	}
}

// untilPing is short at first, when it decides how soon a step runs, and never
// much of the time that was waited already: there may be many pods that wait for
// a long pull.
func (p patience) untilPing(waited time.Duration) time.Duration {
	return min(max(waited/16, p.ping), p.longestPing)
}

func (b *Backend) ping(ctx context.Context, init Init) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err := init.Ping(ctx)
	return err == nil
}

// passingProblem is what is wrong with a pod and may pass.
type passingProblem struct {
	patience time.Duration
	failure  *pod.Failure
	retried  bool

	// persists fires when it is time to ask whether the problem still is one.
	persists <-chan time.Time
}

// note keeps the first failure of a row: the kubelet's report of a failed pull
// says more than the back-off that follows.
func (p *passingProblem) note(failure *pod.Failure) {
	switch {
	case failure == nil:
		p.failure, p.retried, p.persists = nil, false, nil
	case failure.Queued:
		p.failure, p.retried, p.persists = failure, false, nil
	case p.failure == nil, p.failure.Queued && !failure.IsBackOff():
		p.failure, p.retried, p.persists = failure, false, time.After(p.patience)
	}
}

// isRetried is for a problem that outlasted the patience and whose pull goes on
// all the same.
func (p *passingProblem) isRetried() {
	p.retried = true
	p.persists = time.After(p.patience)
}

// podChanged has a retry looked at at once, as it may have failed.
func (p *passingProblem) podChanged() {
	if p.retried {
		p.persists = time.After(0)
	}
}
