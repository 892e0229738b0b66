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
// them. A cluster that was running before keeps running.
func test(ctx context.Context, runs *concourse.Concourse) (err error) {
	wasRunning, err := isRunning(runs)
	if err != nil {
		return err
	}
	if !wasRunning {
		defer func() {
			patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), downPatience)
			defer cancel()
			err = errors.Join(err, runs.Down(patience))
		}()
	}

	if err := runs.Up(ctx); err != nil {
		return err
	}
	return watched(ctx, runs.Cluster, runSpecs)
}

func isRunning(runs *concourse.Concourse) (bool, error) {
	parts, err := runs.Cluster.Status()
	if err != nil {
		return false, err
	}
	for _, part := range parts {
		if part.PID != 0 {
			return true, nil
		}
	}
	return false, nil
}

func runSpecs(ctx context.Context) error {
	specs := exec.CommandContext(ctx, "go", "test", "-count=1", "-timeout=60m", "./testflight", "-ginkgo.v")
	specs.Stdout, specs.Stderr = os.Stdout, os.Stderr
	if err := specs.Run(); err != nil {
		return fmt.Errorf("the specs in ./testflight failed: %w", err)
	}
	return nil
}
