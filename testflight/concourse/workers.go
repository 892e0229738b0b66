package concourse

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	api "github.com/concourse/concourse/go-concourse/concourse"
	"k8s.io/apimachinery/pkg/util/wait"
)

// registrationPatience is how long workers may take to register with a web that has just started.
const registrationPatience = time.Minute

// AwaitWorkers waits until every node's worker has registered with the web that runs. Its state
// does not tell: a web that has just started finds it in the database as it was, and may find the
// worker stalled a moment later.
func (c *Concourse) AwaitWorkers(ctx context.Context, web api.Client) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, registrationPatience, true, func(ctx context.Context) (bool, error) {
		last = c.workersAnswer(ctx, web)
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("wait for the workers to register: %w", errors.Join(err, last))
	}
	return nil
}

func (c *Concourse) workersAnswer(ctx context.Context, web api.Client) error {
	workers, err := web.ListWorkers()
	if err != nil {
		return err
	}
	for _, worker := range workers {
		if worker.State != "running" {
			return fmt.Errorf("worker %s is %s", worker.Name, worker.State)
		}
		if err := listensAt(ctx, worker.GardenAddr); err != nil {
			return fmt.Errorf("worker %s: %w", worker.Name, err)
		}
	}
	if want := len(c.Cluster.NodeNames()); len(workers) < want {
		return fmt.Errorf("%d of %d workers have registered", len(workers), want)
	}
	return nil
}

// listensAt tells whether something listens at an address, which for a worker's is web's end of the
// tunnel that the worker keeps open.
func listensAt(ctx context.Context, address string) error {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return connection.Close()
}
