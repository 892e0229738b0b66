package concourse

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/concourse/concourse-kubernetes/testflight/leftover"
)

// Traces are what builds have in the cluster, in web's database, and on the machine now.
func (c *Concourse) Traces(ctx context.Context) (leftover.Traces, error) {
	found, err := c.machine().Look()
	if err != nil {
		return nil, err
	}
	for _, look := range []func(context.Context) (leftover.Traces, error){c.tracesInCluster, c.tracesInDatabase} {
		more, err := look(ctx)
		if err != nil {
			return nil, err
		}
		found.Add(more)
	}
	return found, nil
}

func (c *Concourse) machine() leftover.Machine {
	var on leftover.Machine
	for _, w := range c.workers() {
		on.WorkDirs = append(on.WorkDirs, c.workDir(w))
	}
	if !c.Cluster.IsExternal() {
		on.StateDir = filepath.Dir(c.Cluster.DaemonDir())
	}
	return on
}

func (c *Concourse) tracesInCluster(ctx context.Context) (leftover.Traces, error) {
	client, err := c.Client()
	if err != nil {
		return nil, err
	}
	pods, err := client.CoreV1().Pods(Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list the pods of namespace %s: %w", Namespace, err)
	}
	secrets, err := client.CoreV1().Secrets(Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list the Secrets of namespace %s: %w", Namespace, err)
	}
	found := leftover.Traces{"pods": nil, "Secrets": nil}
	for _, pod := range pods.Items {
		found["pods"] = append(found["pods"], pod.Name)
	}
	for _, secret := range secrets.Items {
		found["Secrets"] = append(found["Secrets"], secret.Name)
	}
	return found, nil
}

// tracesInDatabase are the containers and volumes that Concourse knows, with their states, what it
// is about to remove too. They are without the volumes that it began to make and never made, see
// [Concourse.UnmadeVolumes].
func (c *Concourse) tracesInDatabase(ctx context.Context) (leftover.Traces, error) {
	containers, err := c.named(ctx, "SELECT handle || ' ' || state FROM containers")
	if err != nil {
		return nil, fmt.Errorf("list the containers in web's database: %w", err)
	}
	volumes, err := c.named(ctx, "SELECT handle || ' ' || state FROM volumes WHERE state <> 'creating'")
	if err != nil {
		return nil, fmt.Errorf("list the volumes in web's database: %w", err)
	}
	return leftover.Traces{"Concourse's containers": containers, "Concourse's volumes": volumes}, nil
}

// UnmadeVolumes are the handles of volumes that are in web's database alone: a build was aborted,
// or its worker restarted, between the row and the volume. Upstream's GC leaves these rows for as
// long as there is the worker.
func (c *Concourse) UnmadeVolumes(ctx context.Context) ([]string, error) {
	handles, err := c.named(ctx, "SELECT handle FROM volumes WHERE state = 'creating'")
	if err != nil {
		return nil, fmt.Errorf("list the volumes in web's database that were never made: %w", err)
	}
	return handles, nil
}

// named are the texts that a query of web's database finds.
func (c *Concourse) named(ctx context.Context, query string) ([]string, error) {
	database, err := c.database(ctx)
	if err != nil {
		return nil, err
	}
	defer database.Close(ctx)
	rows, err := database.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
