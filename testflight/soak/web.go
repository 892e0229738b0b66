package soak

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// team is the main team.
const team = "main"

const (
	// restartPatience is how long web may take to answer again.
	restartPatience = 2 * time.Minute
	// retryInterval is the time between two tries.
	retryInterval = 200 * time.Millisecond
)

// whileWebRestarts asks web again for as long as it may be restarting.
func whileWebRestarts(ctx context.Context, ask func(context.Context) error) error {
	return untilDone(ctx, restartPatience, retryInterval, ask)
}

// untilDone asks again until there is no error. When the patience is over it returns the last one.
func untilDone(ctx context.Context, patience, interval time.Duration, ask func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, interval, patience, true, func(ctx context.Context) (bool, error) {
		last = ask(ctx)
		return last == nil, nil
	})
	if err == nil {
		return nil
	}
	return fmt.Errorf("tried for up to %s: %w", patience, errors.Join(context.Cause(ctx), last))
}
