package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	"github.com/concourse/concourse-kubernetes/testflight/runner"
	"github.com/concourse/concourse-kubernetes/testflight/upstream"
)

// testUpstream runs upstream's own testflight and ends with its summary.
func testUpstream(ctx context.Context, runs *concourse.Concourse) error {
	bin, err := filepath.Abs("bin")
	if err != nil {
		return err
	}
	suite := upstream.Suite{
		Dir:     filepath.Join(bin, "upstream-testflight"),
		WorkDir: filepath.Join(runs.Cluster.DaemonDir(), "upstream-testflight"),
		Fly:     filepath.Join(bin, "fly"),
		Mirror:  runs.Cluster.Registry(),
	}
	var summary runner.Summary
	err = onItsOwn(ctx, runs, func(ctx context.Context) (err error) {
		if err := suite.Prepare(ctx); err != nil {
			return err
		}
		if err := runs.RestartWeb(ctx, suite.WebFlags()...); err != nil {
			return err
		}
		summary, err = suite.Run(ctx, runs.URL(), processes, os.Stdout)
		return err
	})
	fmt.Println(summary)
	return err
}
