package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

// downPatience bounds the end of everything, which goes on when the specs were
// interrupted.
const downPatience = 5 * time.Minute

// test runs the specs in ./testflight.
func test(ctx context.Context, runs *concourse.Concourse) error {
	return onItsOwn(ctx, runs, runSpecs)
}

// onItsOwn runs a suite on a cluster that starts and ends with it. One that is
// running is ended first: suites want to find nothing and to leave nothing.
func onItsOwn(ctx context.Context, runs *concourse.Concourse, suite func(context.Context) error) (err error) {
	if err := runs.Down(ctx); err != nil {
		return err
	}
	defer func() {
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), downPatience)
		defer cancel()
		err = errors.Join(err, runs.Down(patience))
	}()

	if err := runs.Up(ctx); err != nil {
		return err
	}
	return watched(ctx, runs.Cluster, suite)
}

func runSpecs(ctx context.Context) error {
	specs := exec.CommandContext(ctx, "go", "test", "-v", "-count=1", "-timeout=60m", "./testflight", "-ginkgo.v")
	specs.Stdout, specs.Stderr = os.Stdout, os.Stderr
	if err := specs.Run(); err != nil {
		return fmt.Errorf("the specs in ./testflight failed: %w", err)
	}
	return nil
}
