// Command testflight runs Concourse with the Kubernetes runtime on a
// development cluster of its own: to show it, to test it, and to take it down.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/concourse/concourse-kubernetes/testflight/cluster"
	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

const usage = `usage: testflight COMMAND [FLAG…]

  demo       start everything and run a pipeline on pods
  test       start everything, run the specs, and end everything;
             flags are those of Ginkgo: --seed=N --procs=N --focus=NAME
  upstream   the same with upstream's own specs
  soak       the same with hundreds of builds, while web and worker are restarted:
             --builds=N --seed=N
  up         start everything
  benchmark  compare the start of a container with that of a bare pod
  down       end everything and remove what was made
  packages   install the Debian packages that are missing`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 || len(args) > 1 && args[0] != "test" && args[0] != "soak" {
		return errors.New(usage)
	}

	if args[0] == "packages" { // needs no cluster, not even the user's
		onNone := concourse.New(cluster.New(cluster.DefaultStateDir, os.Stdout), "bin", os.Stdout)
		return onNone.Cluster.InstallPackages(ctx)
	}
	runs, err := concourse.FromEnvironment(ctx, "bin", os.Stdout)
	if err != nil {
		return err
	}

	switch args[0] {
	case "demo":
		return demo(ctx, runs)
	case "test":
		return test(ctx, runs, args[1:])
	case "upstream":
		return testUpstream(ctx, runs)
	case "soak":
		return soakBuilds(ctx, runs, args[1:])
	case "up":
		return runs.Up(ctx)
	case "benchmark":
		return benchmark(ctx, runs)
	case "down":
		return runs.Down(ctx)
	default:
		return errors.New(usage)
	}
}

// watched runs f and ends it with an error as soon as a part of the cluster,
// web or worker dies.
func watched(ctx context.Context, on *cluster.Cluster, f func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	go func() {
		if err := on.Watch(ctx); err != nil {
			cancel(err)
		}
	}()

	err := f(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}
