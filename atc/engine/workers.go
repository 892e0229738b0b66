package engine

import (
	"fmt"
	"slices"

	"github.com/concourse/concourse-kubernetes/atc/worker"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
)

// workerLister is the part of db.WorkerFactory that the decision needs.
type workerLister interface {
	VisibleWorkers(teamNames []string) ([]db.Worker, error)
}

// onlyKubernetesWorkers tells whether every running worker that could take a
// step with these tags is a Kubernetes worker. Like upstream's pool, it passes
// over the shared workers where the team has a worker of its own for the step.
// Where no worker could take the step, every running worker of the team counts.
func onlyKubernetesWorkers(lister workerLister, build db.Build, tags atc.Tags) (bool, error) {
	visible, err := lister.VisibleWorkers([]string{build.TeamName()})
	if err != nil {
		return false, fmt.Errorf("list the workers that could take the step, to decide who pulls its image: %w", err)
	}

	var running, shared, ofTeam []db.Worker
	for _, candidate := range visible {
		if candidate.State() != db.WorkerStateRunning {
			continue
		}
		running = append(running, candidate)
		switch {
		case !takes(candidate, tags):
		case candidate.TeamID() == 0:
			shared = append(shared, candidate)
		default:
			ofTeam = append(ofTeam, candidate)
		}
	}

	candidates := running
	if len(ofTeam) > 0 {
		candidates = ofTeam
	} else if len(shared) > 0 {
		candidates = shared
	}
	return len(candidates) > 0 && !slices.ContainsFunc(candidates, func(candidate db.Worker) bool {
		return !worker.IsKubernetes(candidate)
	}), nil
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
