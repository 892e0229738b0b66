package soak

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	client "github.com/concourse/concourse/go-concourse/concourse"
	"golang.org/x/sync/errgroup"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	"github.com/concourse/concourse-kubernetes/testflight/leftover"
)

// lanes is how many builds run at once. They mostly wait.
const lanes = 6

// Soak runs a plan on a Concourse that is up.
type Soak struct {
	Plan Plan
	Runs *concourse.Concourse
	// Dir is a folder for fly's home and the pipeline.
	Dir string
	// Out is for progress, and for the logs of builds that ended as they should not.
	Out io.Writer
}

// WebFlags are those of a web that keeps nothing for long, and runs a step again whose worker was
// stopped before the step's pod ran.
var WebFlags = []string{
	"--enable-rerun-when-worker-disappears",
	"--gc-one-off-grace-period=1s", "--gc-hijack-grace-period=5s",
}

// session is a soak under way.
type session struct {
	Soak
	fly      concourse.Fly
	api      client.Client
	before   leftover.Traces
	restarts restarts
	outcomes outcomes
	samples  []Sample
}

// Run runs all builds and looks at what is left. What the report finds fault with is no error.
func (s Soak) Run(ctx context.Context) (report Report, err error) {
	under := &session{Soak: s}
	if err := under.begin(ctx); err != nil {
		return Report{}, err
	}
	start := time.Now()
	if err := under.runBuilds(ctx); err != nil {
		return Report{}, err
	}
	report = Report{
		Plan: s.Plan, Outcomes: under.outcomes.all(), Restarts: under.restarts.done, Samples: under.samples,
		BuildsTook: time.Since(start),
	}
	if report.Left, err = under.awaitNothingLeft(ctx); err != nil {
		return Report{}, err
	}
	report.CollectionTook = time.Since(start) - report.BuildsTook
	if report.Unmade, err = s.Runs.UnmadeVolumes(ctx); err != nil {
		return Report{}, err
	}
	report.Idle, err = under.measure(ctx, len(s.Plan.Builds))
	return report, err
}

func (s *session) begin(ctx context.Context) (err error) {
	if err := s.Runs.StartDaemons(ctx); err != nil {
		return err
	}
	if s.fly, err = s.Runs.Login(ctx, s.Dir); err != nil {
		return err
	}
	if s.api, err = s.Runs.API(ctx); err != nil {
		return err
	}
	if err := s.Runs.AwaitWorkers(ctx, s.api); err != nil {
		return err
	}
	s.before, err = s.Runs.Traces(ctx)
	return err
}

func (s *session) runBuilds(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	builds := make(chan Build)
	group.Go(func() error {
		defer close(builds)
		return s.dispatch(ctx, builds)
	})
	for number := range lanes {
		group.Go(func() error { return (&lane{session: s, number: number}).run(ctx, builds) })
	}
	return group.Wait()
}

// dispatch hands the builds to the lanes, and between them restarts and measures what the plan
// says.
func (s *session) dispatch(ctx context.Context, builds chan<- Build) error {
	stretch := len(s.Plan.Builds) - s.Plan.Stretch
	restarter := s.startRestarter(ctx)
	for i, build := range s.Plan.Builds {
		if i == stretch {
			if err := restarter.finish(); err != nil {
				return err
			}
		}
		select {
		case builds <- build:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		begun := i + 1
		if at := slices.IndexFunc(s.Plan.Restarts, func(r Restart) bool { return r.After == begun }); at >= 0 {
			restarter.restart(s.Plan.Restarts[at])
		}
		if begun > stretch && (begun-stretch)%s.Plan.buildsPerSample() == 0 {
			taken, err := s.measure(ctx, begun)
			if err != nil {
				return err
			}
			s.samples = append(s.samples, taken...)
		}
	}
	return nil
}

func (s *session) printf(format string, arguments ...any) { fmt.Fprintf(s.Out, format, arguments...) }
