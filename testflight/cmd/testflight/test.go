package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/cluster"
	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	"github.com/concourse/concourse-kubernetes/testflight/runner"
)

// downPatience bounds the end of everything, which goes on when the specs were
// interrupted.
const downPatience = 5 * time.Minute

// processes is how many specs of a suite run at once, unless a flag of Ginkgo's says
// otherwise. They mostly wait for Concourse.
const processes = 4

// patience bounds a run of our specs. One takes a fraction of that on two cores.
const patience = time.Hour

// test runs the specs in ./testflight, with these flags of Ginkgo's runner added:
// --seed=N, --procs=N, --focus=NAME.
func test(ctx context.Context, runs *concourse.Concourse, flags []string) error {
	runs.Cluster.SecondNodeMaxPods = cluster.KubernetesMaxPods
	return onItsOwn(ctx, runs, func(ctx context.Context) error { return runSpecs(ctx, flags) })
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
		err = errors.Join(err, timed("down", func() error { return runs.Down(patience) }))
	}()

	if err := runs.Up(ctx); err != nil {
		return err
	}
	return timed("specs", func() error { return watched(ctx, runs.Cluster, suite) })
}

func runSpecs(ctx context.Context, flags []string) error {
	bin, err := filepath.Abs("bin")
	if err != nil {
		return err
	}
	suite := runner.Suite{
		Name:      "testflight",
		Runner:    filepath.Join(bin, "ginkgo"),
		Specs:     "./testflight",
		Report:    filepath.Join(bin, "testflight.json"),
		Processes: processes,
		Patience:  patience,
		Flags:     append([]string{"-v", "--randomize-all"}, flags...),
	}
	if err := runner.Build(ctx, suite.Runner); err != nil {
		return err
	}
	summary, err := suite.Run(ctx, os.Stdout)
	fmt.Println(summary)
	return err
}

// timed says how long f took.
func timed(name string, f func() error) error {
	start := time.Now()
	err := f()
	fmt.Printf("== %s: %.1fs\n", name, time.Since(start).Seconds())
	return err
}
