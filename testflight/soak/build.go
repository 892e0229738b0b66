package soak

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/concourse/concourse/atc"
)

// buildPatience is how long a build may take. Most take a few seconds; one whose worker is
// restarted starts anew. Web waits up to five minutes for a worker.
const buildPatience = 6 * time.Minute

// running is what a step says once it runs that waits for a meddler.
const running = "now running"

// Outcome is how a build ended.
type Outcome struct {
	Kind Kind
	// Name is what fly calls the build, with its pipeline.
	Name string
	// Status is the one it ended with, or has still if it did not end in time.
	Status atc.BuildStatus
	Took   time.Duration
	// Disturbed says that web or the worker was restarted meanwhile.
	Disturbed bool
	// Log is what it printed, and why it could not be followed to its end.
	Log string
}

// runBuild runs one build to its end, or until it has taken too long.
func (l *lane) runBuild(ctx context.Context, build Build) Outcome {
	began := time.Now()
	outcome := Outcome{Kind: build.Kind}
	inTime, cancel := context.WithTimeout(ctx, buildPatience)
	defer cancel()

	created, err := l.create(inTime, build.Kind)
	if err == nil {
		outcome.Name = fmt.Sprintf("%s/%s #%s", l.pipeline.Name, build.Kind.Name, created.Name)
		outcome.Log, err = l.watch(inTime, build, created)
	}
	if err != nil {
		outcome.Log += "\n" + err.Error()
	}
	outcome.Status = l.statusOf(ctx, created)
	outcome.Took = time.Since(began)
	outcome.Disturbed = l.restarts.during(began, time.Now())
	return outcome
}

func (l *lane) create(ctx context.Context, kind Kind) (build atc.Build, err error) {
	err = whileWebRestarts(ctx, func(context.Context) error {
		if kind.Meddling == Check {
			build, _, err = l.api.Team(team).CheckResource(l.pipeline, kind.Name, nil, false)
		} else {
			build, err = l.api.Team(team).CreateJobBuild(l.pipeline, kind.Name)
		}
		return err
	})
	return build, err
}

// watch follows a build to its end, and does to it what its kind says.
func (l *lane) watch(ctx context.Context, build Build, created atc.Build) (log string, err error) {
	untilEnd, ended := context.WithCancel(ctx)
	runs := make(chan struct{})
	meddled := make(chan struct{})
	go func() {
		defer close(meddled)
		l.meddle(untilEnd, build, created, runs)
	}()
	log, err = l.follow(ctx, created.ID, running, func() { close(runs) })
	ended()
	<-meddled
	return log, err
}

// meddle does to a build what its kind says. It tries again until the build has ended.
func (l *lane) meddle(ctx context.Context, build Build, created atc.Build, runs <-chan struct{}) {
	begin := runs
	var act func(context.Context) error
	switch build.Kind.Meddling {
	case AbortRunning:
		act = func(context.Context) error { return l.abort(created) }
	case AbortAnyTime:
		timer, stop := context.WithTimeout(ctx, build.AbortAfter)
		defer stop()
		begin = timer.Done()
		act = func(context.Context) error { return l.abort(created) }
	case Hijack:
		act = func(ctx context.Context) error { return l.hijack(ctx, build, created) }
	default:
		return
	}
	select {
	case <-begin:
	case <-ctx.Done():
		return
	}
	_ = whileWebRestarts(ctx, act) // else the build ends in no time, or as it should not
}

func (l *lane) abort(created atc.Build) error { return l.api.AbortBuild(strconv.Itoa(created.ID)) }

// hijack lets the step end that waits for it.
func (l *lane) hijack(ctx context.Context, build Build, created atc.Build) error {
	script := "touch /tmp/end"
	if build.Outlives {
		script += "; exec sleep 100000"
	}
	_, err := l.fly.Run(ctx, "intercept", "-j", l.pipeline.Name+"/"+build.Kind.Name, "-b", created.Name,
		"-s", "waits", "--", "sh", "-c", script)
	return err
}

// statusOf is the status of a build. One that has not ended is aborted.
func (l *lane) statusOf(ctx context.Context, created atc.Build) atc.BuildStatus {
	if created.ID == 0 {
		return "not created"
	}
	build := created
	_ = whileWebRestarts(ctx, func(context.Context) (err error) {
		build, _, err = l.api.Build(strconv.Itoa(created.ID))
		return err
	})
	if build.IsRunning() {
		_ = whileWebRestarts(ctx, func(context.Context) error { return l.abort(created) })
	}
	return build.Status
}
