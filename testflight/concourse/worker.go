package concourse

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/concourse/concourse-kubernetes/testflight/cluster"
	"golang.org/x/sync/errgroup"
)

const (
	// WorkerName is the name of the Kubernetes worker of the first node.
	WorkerName = "kubernetes"
	// SecondWorkerName is the name of the Kubernetes worker of the second node.
	SecondWorkerName = "kubernetes-2"
	// SecondWorkerTag is the tag of the second node's worker: only steps that ask
	// for it run there, unless SecondWorkerFlags say otherwise.
	SecondWorkerTag = "second-node"
	// WorkerDaemon and SecondWorkerDaemon are their names among the cluster's
	// daemons.
	WorkerDaemon, SecondWorkerDaemon = "worker", "worker-2"
)

// worker is the Kubernetes worker of one node.
type worker struct {
	name string
	// daemon is its name among the cluster's.
	daemon string
	node   string
	// ownNetwork has it run in a network namespace of its own, as a worker in a pod
	// does, and not in its node's.
	ownNetwork bool
	ports      workerPorts
	flags      []string
}

// workerPorts are those of the first instance.
type workerPorts struct {
	// baggageclaim is used where the flags give Baggageclaim an address.
	healthcheck, volumeRegistry, baggageclaim int
}

// workers returns one for each node.
func (c *Concourse) workers() []worker {
	all := []worker{
		{
			name: WorkerName, daemon: WorkerDaemon, flags: c.WorkerFlags,
			ports: workerPorts{healthcheck: 17246, volumeRegistry: 17249, baggageclaim: 17244},
		},
		{
			name: SecondWorkerName, daemon: SecondWorkerDaemon, flags: c.SecondWorkerFlags,
			ownNetwork: true,
			ports:      workerPorts{healthcheck: 17256, volumeRegistry: 17259, baggageclaim: 17254},
		},
	}
	nodes := c.Cluster.NodeNames()
	for i, node := range nodes {
		all[i].node = node
	}
	return all[:len(nodes)]
}

// workDir is where a worker keeps volumes and containers.
func (c *Concourse) workDir(w worker) string {
	return filepath.Join(c.Cluster.DaemonDir(), w.daemon)
}

func (c *Concourse) startWorkers(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, w := range c.workers() {
		group.Go(func() error { return c.startWorker(ctx, w) })
	}
	return group.Wait()
}

func (c *Concourse) startWorker(ctx context.Context, w worker) error {
	registration, err := c.registrationOf(ctx, w.name)
	if err != nil {
		return err
	}
	if err := c.writeWorkerKubeconfig(ctx, w); err != nil {
		return err
	}
	baseTypes, err := c.baseTypes("registry-image", "mock")
	if err != nil {
		return err
	}
	command := append([]string{c.program("concourse"), "worker"}, registration...)
	return c.Cluster.RunDaemon(ctx, cluster.Daemon{
		Name: w.daemon,
		Command: append(append(command,
			"--runtime=kubernetes",
			flagOf("work-dir", c.workDir(w)),
			flagOf("kubernetes-kubeconfig", c.WorkerKubeconfig(w.daemon)),
			flagOf("kubernetes-namespace", Namespace),
			flagOf("kubernetes-node-name", w.node),
			flagOf("kubernetes-volume-registry-port", c.Cluster.Port(w.ports.volumeRegistry)),
			flagOf("kubernetes-node-network-namespace", c.Cluster.NodeNetwork()),
			flagOf("healthcheck-bind-ip", c.addressOf(w)),
			flagOf("healthcheck-bind-port", c.Cluster.Port(w.ports.healthcheck)),
			flagOf("baggageclaim-bind-port", c.Cluster.Port(w.ports.baggageclaim)),
			flagOf("baggageclaim-driver", "overlay"),
			"--sweep-interval=5s",
		), append(baseTypes, w.flags...)...),
		OwnNetwork: w.ownNetwork,
		Ready:      func(ctx context.Context) error { return answers(ctx, "http://"+c.healthCheckOf(w)) },
	})
}

// addressOf is where the host reaches the worker.
func (c *Concourse) addressOf(w worker) string {
	if w.ownNetwork {
		_, address := c.Cluster.InNetworkDevice()
		return address
	}
	return "127.0.0.1"
}

// WorkerDevice is a network device of a node's worker, and its address, by which
// other workers reach it. The first node is number 1.
func (c *Concourse) WorkerDevice(number int) (name, address string) {
	if c.workers()[number-1].ownNetwork {
		return c.Cluster.InNetworkDevice()
	}
	return c.Cluster.NodeDevice(number)
}

func (c *Concourse) healthCheckOf(w worker) string {
	return net.JoinHostPort(c.addressOf(w), strconv.Itoa(c.Cluster.Port(w.ports.healthcheck)))
}

// OpenPorts are the addresses that every process on a worker's node may reach by
// design: the health check, and the registry from which the node pulls volumes.
// They are by the worker's name among the daemons.
func (c *Concourse) OpenPorts() map[string][]string {
	open := map[string][]string{}
	for _, w := range c.workers() {
		registry := net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Cluster.Port(w.ports.volumeRegistry)))
		open[w.daemon] = []string{c.healthCheckOf(w), registry}
	}
	return open
}

// RetireWorker asks web to retire the worker of that name.
func (c *Concourse) RetireWorker(ctx context.Context, name string) error {
	registration, err := c.registrationOf(ctx, name)
	if err != nil {
		return err
	}
	retire := exec.CommandContext(ctx, c.program("concourse"), append([]string{"retire-worker"}, registration...)...)
	if output, err := retire.CombinedOutput(); err != nil {
		return fmt.Errorf("retire worker %s: %w: %s", name, err, output)
	}
	return nil
}

// registrationOf returns the flags by which a worker of that name is known to web.
func (c *Concourse) registrationOf(ctx context.Context, name string) ([]string, error) {
	keys, err := c.keys(ctx)
	if err != nil {
		return nil, err
	}
	return []string{
		flagOf("name", name),
		flagOf("tsa-host", c.Cluster.NodeAddress()+":"+strconv.Itoa(c.Cluster.Port(tsaPort))),
		flagOf("tsa-public-key", filepath.Join(keys, "tsa.pub")),
		flagOf("tsa-worker-private-key", filepath.Join(keys, "worker")),
	}, nil
}

// baseTypes returns the flags that give these base resource types their images
// in the cluster's registry, by digest: their tags move with every build.
func (c *Concourse) baseTypes(types ...string) ([]string, error) {
	var flags []string
	for _, baseType := range types {
		image := baseType + "-resource"
		digest, err := c.Digest(image + ":latest")
		if err != nil {
			return nil, fmt.Errorf("digest of the image of base resource type %s: %w", baseType, err)
		}
		flags = append(flags, flagOf("kubernetes-resource-type", baseType+"="+c.Cluster.Registry()+"/"+image+"@"+digest))
	}
	return flags, nil
}
