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

// test runs the specs in ./testflight on a cluster that starts and ends with
// them. One that is running is ended first: the specs want to find nothing and
// to leave nothing.
func test(ctx context.Context, runs *concourse.Concourse) (err error) {
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
	return watched(ctx, runs.Cluster, runSpecs)
}

func runSpecs(ctx context.Context) error {
	specs := exec.CommandContext(ctx, "go", "test", "-v", "-count=1", "-timeout=60m", "./testflight", "-ginkgo.v")
	specs.Stdout, specs.Stderr = os.Stdout, os.Stderr
	if err := specs.Run(); err != nil {
		return fmt.Errorf("the specs in ./testflight failed: %w", err)
	}
	return nil
}
