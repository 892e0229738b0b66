package engine

import (
	"fmt"
	"slices"

	"github.com/concourse/concourse-kubernetes/atc/worker"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
)

// linuxPlatform is the platform of the workers that images of this kind run on.
const linuxPlatform = "linux"

// workerLister is the part of db.WorkerFactory that the decision needs.
type workerLister interface {
	VisibleWorkers(teamNames []string) ([]db.Worker, error)
}

// fleet is the workers that could take a step.
type fleet struct{ kubernetes, other []db.Worker }

// fleetFor returns the running workers that could take a step with these tags.
// Like upstream's pool, it passes over the shared workers where the team has a
// worker of its own for the step. Workers of other platforms don't count, as no
// registry-image runs there. While no worker could take the step, those count
// that could if they were running.
func fleetFor(lister workerLister, build db.Build, tags atc.Tags) (fleet, error) {
	visible, err := lister.VisibleWorkers([]string{build.TeamName()})
	if err != nil {
		return fleet{}, fmt.Errorf("list the workers that could take the step, to decide who pulls its image: %w", err)
	}

	linux := slices.DeleteFunc(slices.Clone(visible), func(candidate db.Worker) bool {
		return candidate.Platform() != linuxPlatform
	})
	running := slices.DeleteFunc(slices.Clone(linux), func(candidate db.Worker) bool {
		return candidate.State() != db.WorkerStateRunning
	})

	candidates := thoseThatTake(running, tags)
	if len(candidates) == 0 {
		// The step waits for a worker: most likely for one that is known.
		candidates = thoseThatTake(linux, tags)
	}

	var found fleet
	for _, candidate := range candidates {
		if worker.IsKubernetes(candidate) {
			found.kubernetes = append(found.kubernetes, candidate)
		} else {
			found.other = append(found.other, candidate)
		}
	}
	return found, nil
}

// thoseThatTake returns the workers that take a step with these tags: those of
// the team if there are any, else the shared ones.
func thoseThatTake(workers []db.Worker, tags atc.Tags) []db.Worker {
	var shared, ofTeam []db.Worker
	for _, candidate := range workers {
		switch {
		case !takes(candidate, tags):
		case candidate.TeamID() == 0:
			shared = append(shared, candidate)
		default:
			ofTeam = append(ofTeam, candidate)
		}
	}
	if len(ofTeam) > 0 {
		return ofTeam
	}
	return shared
}

// takes tells whether a worker takes steps with these tags: a worker without
// tags takes steps without, another steps that name only tags that it has.
func takes(candidate db.Worker, tags atc.Tags) bool {
	if len(tags) == 0 {
		return len(candidate.Tags()) == 0
	}
	return !slices.ContainsFunc(tags, func(tag string) bool {
		return !slices.Contains(candidate.Tags(), tag)
	})
}
