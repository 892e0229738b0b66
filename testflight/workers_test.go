package testflight_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"

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

// awaitWorkers waits until every node's worker has registered with the web that
// runs. Its state does not tell: a web that has just started finds it in the
// database as it was, and may find the worker stalled a moment later.
func awaitWorkers(ctx context.Context) {
	GinkgoHelper()
	Eventually(ctx, func(ctx context.Context) error {
		workers, err := listWorkers(ctx)
		if err != nil {
			return err
		}
		for _, worker := range workers {
			if worker.State != "running" {
				return fmt.Errorf("worker %s is %s", worker.Name, worker.State)
			}
			if err := answersAt(ctx, worker.GardenAddr); err != nil {
				return fmt.Errorf("worker %s: %w", worker.Name, err)
			}
		}
		if want := len(runs.Cluster.NodeNames()); len(workers) < want {
			return fmt.Errorf("%d of %d workers have registered", len(workers), want)
		}
		return nil
	}).Should(Succeed())
}

// answersAt tells whether something listens at an address, which for a worker's
// is web's end of the tunnel that the worker keeps open.
func answersAt(ctx context.Context, address string) error {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return connection.Close()
}
