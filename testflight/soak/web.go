package soak

import (
	"context"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/supervise"
)

// team is the main team.
const team = "main"

const (
	// restartPatience is how long web may take to answer again.
	restartPatience = 2 * time.Minute
	// retryInterval is the time between two tries to follow a build.
	retryInterval = 200 * time.Millisecond
)

// whileWebRestarts asks web again for as long as it may be restarting.
func whileWebRestarts(ctx context.Context, ask func(context.Context) error) error {
	return supervise.Await(ctx, restartPatience, func(ctx context.Context) (over bool, err error) {
		err = ask(ctx)
		return err == nil, err
	})
}
