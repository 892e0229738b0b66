package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	"github.com/concourse/concourse-kubernetes/testflight/soak"
)

// soakPatience bounds a soak, whatever happens.
const soakPatience = 90 * time.Minute

// soakBuilds runs builds of all kinds, with restarts mixed in, and fails if one of them ends as it
// should not, if something is left, or if web or the worker has grown.
func soakBuilds(ctx context.Context, runs *concourse.Concourse, arguments []string) error {
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	builds := flags.Int("builds", 500, "how many builds to run")
	seed := flags.Uint64("seed", uint64(time.Now().Unix()), "which builds, in which order")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *builds < soak.MinBuilds {
		return fmt.Errorf("--builds=%d: ask for at least %d, of which each kind has one", *builds, soak.MinBuilds)
	}
	fmt.Printf("== soak: --builds=%d --seed=%d\n", *builds, *seed)

	runs.WebFlags = append(runs.WebFlags, soak.WebFlags...)
	plan := soak.NewPlan(*seed, *builds)
	return onItsOwn(ctx, runs, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, soakPatience)
		defer cancel()
		if err := runSoak(ctx, runs, plan); err != nil {
			return errors.Join(err, keepLogs(runs))
		}
		return nil
	})
}

func runSoak(ctx context.Context, runs *concourse.Concourse, plan soak.Plan) error {
	dir := filepath.Join(runs.Cluster.DaemonDir(), "soak")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	report, err := soak.Soak{Plan: plan, Runs: runs, Dir: dir, Out: os.Stdout}.Run(ctx)
	if err != nil {
		return err
	}
	report.Print(os.Stdout)
	if faults := len(report.Faults()); faults > 0 {
		return fmt.Errorf("the soak found %d faults", faults)
	}
	return nil
}

// keepLogs copies the logs of web and worker to where the end of the cluster does not remove them.
func keepLogs(runs *concourse.Concourse) error {
	for _, daemon := range []string{concourse.WebDaemon, concourse.WorkerDaemon} {
		log, err := os.ReadFile(runs.Cluster.DaemonLog(daemon))
		if err != nil {
			return fmt.Errorf("keep the log of %s: %w", daemon, err)
		}
		kept := filepath.Join("bin", "soak-"+daemon+".log")
		if err := os.WriteFile(kept, log, 0o600); err != nil {
			return fmt.Errorf("keep the log of %s: %w", daemon, err)
		}
		fmt.Println("the log of", daemon, "is", kept)
	}
	return nil
}
