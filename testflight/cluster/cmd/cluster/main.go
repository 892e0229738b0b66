// Command cluster starts, shows and ends the development cluster by hand.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"text/tabwriter"

	"github.com/concourse/concourse-kubernetes/testflight/cluster"
)

func main() {
	stateDir := flag.String("state", cluster.DefaultStateDir, "state directory")
	instance := flag.Int("instance", 0, "number that sets clusters on one machine apart")
	nodes := flag.Int("nodes", 1, "how many nodes it starts with, 1 or 2")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: cluster [flags] up|status|watch|down")
		flag.PrintDefaults()
	}
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	c := cluster.New(*stateDir, os.Stderr)
	c.Instance, c.Nodes = *instance, *nodes
	if err := act(ctx, c, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func act(ctx context.Context, c *cluster.Cluster, action string) error {
	switch action {
	case "up":
		if err := c.Up(ctx); err != nil {
			return err
		}
		fmt.Printf("export KUBECONFIG=%s\n", c.Kubeconfig())
		fmt.Printf("# kubectl %s, registries %s and %s, PostgreSQL %s:%d\n",
			c.Kubectl(), c.Registry(), c.PrivateRegistry(), c.PostgresHost(), c.PostgresPort())
		return nil
	case "status":
		return show(c)
	case "watch":
		return c.Watch(ctx)
	case "down":
		return c.Down(ctx)
	default:
		flag.Usage()
		return errors.New("say up, status, watch or down")
	}
}

func show(c *cluster.Cluster) error {
	parts, err := c.Status()
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer table.Flush()
	fmt.Fprintln(table, "part\tpid\tMB\t")
	for _, p := range parts {
		if p.PID == 0 {
			fmt.Fprintf(table, "%s\t-\t-\t\n", p.Name)
			continue
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t\n", p.Name, p.PID, p.ResidentBytes>>20)
	}
	return nil
}
