package soak

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/concourse/concourse-kubernetes/testflight/leftover"
)

// collectionPatience is how long Concourse's GC may take to remove what the last builds left. It
// runs every five seconds, in several rounds; a worker sweeps as often.
const collectionPatience = 4 * time.Minute

// awaitNothingLeft waits until Concourse has removed everything that the builds had, and returns
// what it has not removed in time.
func (s *session) awaitNothingLeft(ctx context.Context) (left leftover.Traces, err error) {
	var last error
	err = wait.PollUntilContextTimeout(ctx, time.Second, collectionPatience, true, func(ctx context.Context) (bool, error) {
		left, last = s.left(ctx)
		return last == nil && len(left.Names()) == 0, nil
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil && last != nil {
		return nil, fmt.Errorf("look for what the builds left: %w", last)
	}
	return left, nil
}

func (s *session) left(ctx context.Context) (leftover.Traces, error) {
	if err := errors.Join(s.Runs.ExpireChecks(ctx), s.Runs.ExpireLostChecks(ctx)); err != nil {
		return nil, err
	}
	now, err := s.Runs.Traces(ctx)
	if err != nil {
		return nil, err
	}
	return now.Since(s.before), nil
}
