package soak

import (
	"math/rand/v2"
	"time"

	"golang.org/x/sys/unix"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

// MinBuilds is the least number of builds of which each kind has one.
const MinBuilds = 40

const (
	// buildsPerRestart is how many builds there are for one restart, until the stretch without.
	buildsPerRestart = 12
	// stretchShare is the part of the builds, of a hundred, that run without restarts in the end.
	stretchShare = 40
	// startOfBuild is about how long it takes until the step of a build runs.
	startOfBuild = 5 * time.Second
)

// Plan is what a soak does. The same seed and number of builds give the same plan.
type Plan struct {
	Seed     uint64
	Builds   []Build
	Restarts []Restart
	// Stretch is how many builds, the last, run without restarts.
	Stretch int
}

// Build is one build of a plan.
type Build struct {
	Kind Kind
	// AbortAfter is how long after its creation a build is aborted whose kind says
	// AbortAnyTime.
	AbortAfter time.Duration
	// Outlives says that the process of a Hijack runs for longer than the step.
	Outlives bool
}

// Restart ends a daemon and starts it again.
type Restart struct {
	// After is how many builds have begun by then.
	After int
	// Daemon is its name among the cluster's daemons.
	Daemon string
	// Signal is what it is ended with.
	Signal unix.Signal
}

// NewPlan makes a plan of that many builds.
func NewPlan(seed uint64, builds int) Plan {
	random := rand.New(rand.NewPCG(seed, 0))
	plan := Plan{Seed: seed, Stretch: builds * stretchShare / 100}
	for i, count := range counts(builds, Mix) {
		for range count {
			plan.Builds = append(plan.Builds, newBuild(random, Mix[i]))
		}
	}
	random.Shuffle(builds, func(i, j int) {
		plan.Builds[i], plan.Builds[j] = plan.Builds[j], plan.Builds[i]
	})
	plan.Restarts = newRestarts(random, builds-plan.Stretch)
	return plan
}

func newBuild(random *rand.Rand, kind Kind) Build {
	build := Build{Kind: kind}
	switch kind.Meddling {
	case AbortAnyTime:
		build.AbortAfter = time.Duration(random.Int64N(int64(startOfBuild)))
	case Hijack:
		build.Outlives = random.IntN(2) == 0
	}
	return build
}

// newRestarts spreads restarts over the builds, each at a random place of its part. Every kind of
// restart comes once before one comes again.
func newRestarts(random *rand.Rand, builds int) []Restart {
	kinds := []Restart{
		{Daemon: concourse.WebDaemon, Signal: unix.SIGKILL},
		{Daemon: concourse.WebDaemon, Signal: unix.SIGTERM},
		{Daemon: concourse.WorkerDaemon, Signal: unix.SIGKILL},
		{Daemon: concourse.WorkerDaemon, Signal: unix.SIGTERM},
	}
	restarts := make([]Restart, max(len(kinds), builds/buildsPerRestart))
	part := builds / len(restarts)
	for i := range restarts {
		if i%len(kinds) == 0 {
			random.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
		}
		restarts[i] = kinds[i%len(kinds)]
		restarts[i].After = i*part + 1 + random.IntN(part)
	}
	return restarts
}
