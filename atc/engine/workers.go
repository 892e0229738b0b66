package engine

import (
	"fmt"
	"slices"

	"github.com/concourse/concourse"
	kubernetesworker "github.com/concourse/concourse-kubernetes/atc/worker"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/worker"
	version "github.com/cppforlife/go-semi-semantic/version"
)

// workerLister is the part of db.WorkerFactory that the decision needs.
type workerLister interface {
	Workers() ([]db.Worker, error)
}

// fleet is the workers that could take a step.
type fleet struct{ kubernetes, other []db.Worker }

// fleetFor returns the workers that upstream's pool would choose the step's
// worker from, see pool.go there: those that run and satisfy the step, the
// shared ones only where the team has none of its own.
func fleetFor(lister workerLister, step worker.Spec) (fleet, error) {
	workers, err := lister.Workers()
	if err != nil {
		return fleet{}, fmt.Errorf("list the workers that could take the step, to decide who pulls its image: %w", err)
	}

	var shared, ofTeam []db.Worker
	for _, candidate := range workers {
		switch {
		case !takes(candidate, step):
		case candidate.TeamID() == 0:
			shared = append(shared, candidate)
		default:
			ofTeam = append(ofTeam, candidate)
		}
	}
	if len(ofTeam) > 0 {
		return split(ofTeam), nil
	}
	return split(shared), nil
}

func split(workers []db.Worker) fleet {
	var found fleet
	for _, candidate := range workers {
		if kubernetesworker.IsKubernetes(candidate) {
			found.kubernetes = append(found.kubernetes, candidate)
		} else {
			found.other = append(found.other, candidate)
		}
	}
	return found
}

func takes(candidate db.Worker, step worker.Spec) bool {
	return candidate.State() == db.WorkerStateRunning &&
		isCompatible(candidate.Version()) &&
		(candidate.TeamID() == 0 || candidate.TeamID() == step.TeamID) &&
		(step.Platform == "" || step.Platform == candidate.Platform()) &&
		(step.ResourceType == "" || hasResourceType(candidate, step.ResourceType)) &&
		takesTags(candidate, step.Tags)
}

// isCompatible tells whether web and a worker of that version understand each
// other: the worker has web's version, or a later one of the same first number.
func isCompatible(workerVersion *string) bool {
	if workerVersion == nil {
		return false
	}
	theirs, err := version.NewVersionFromString(*workerVersion)
	if err != nil {
		return false
	}
	ours := version.MustNewVersionFromString(concourse.WorkerVersion)
	return theirs.Release.Compare(ours.Release) >= 0 &&
		theirs.Release.Components[0].Compare(ours.Release.Components[0]) == 0
}

func hasResourceType(candidate db.Worker, name string) bool {
	for _, resourceType := range candidate.ResourceTypes() {
		if resourceType.Type == name {
			return true
		}
	}
	return false
}

// takesTags tells whether a worker takes steps with these tags: a worker without
// tags takes steps without, another steps that name only tags that it has.
func takesTags(candidate db.Worker, tags []string) bool {
	if len(tags) == 0 {
		return len(candidate.Tags()) == 0
	}
	return !slices.ContainsFunc(tags, func(tag string) bool {
		return !slices.Contains(candidate.Tags(), tag)
	})
}
