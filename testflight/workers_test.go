package testflight_test

import (
	"context"
	"encoding/json"

	"github.com/concourse/concourse/atc"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// listWorkers returns what web knows of its workers.
func listWorkers(ctx context.Context) ([]atc.Worker, error) {
	printed, err := fly.Run(ctx, "workers", "--json")
	if err != nil {
		return nil, err
	}
	var workers []atc.Worker
	return workers, json.Unmarshal([]byte(printed), &workers)
}

// statesOfWorkers returns web's opinion of each worker.
func statesOfWorkers(ctx context.Context) (map[string]string, error) {
	workers, err := listWorkers(ctx)
	states := map[string]string{}
	for _, worker := range workers {
		states[worker.Name] = worker.State
	}
	return states, err
}

// awaitWorkers waits until every node's worker has registered with the web that runs.
func awaitWorkers(ctx context.Context) {
	GinkgoHelper()
	Expect(runs.AwaitWorkers(ctx, api)).To(Succeed())
}
