package cluster

import (
	"io"
	"sync"

	"github.com/concourse/concourse-kubernetes/testflight/host"
)

// DefaultStateDir is where a cluster lives unless its owner says otherwise.
const DefaultStateDir = "/var/lib/concourse-testflight"

// MaxProcesses is how many processes of a suite may use a cluster at once.
const MaxProcesses = 8

// Cluster is a development cluster, running or not.
type Cluster struct {
	// Instance sets clusters on one machine apart, each with a state directory
	// of its own: ports, device names and addresses depend on it.
	Instance int

	// Nodes is how many nodes Up starts, 1 or 2; 0 is 1. A second node that is
	// there already stays, whatever it says.
	Nodes int

	// SecondNodeMaxPods is how many pods the second node takes when Up starts it; 0 is as
	// many as the first.
	SecondNodeMaxPods int

	// Packages are Debian packages that InstallPackages installs beside those of the
	// cluster.
	Packages []host.Package

	// Process is the number of this process of a suite, from 0 to MaxProcesses-1:
	// each has a SpecRegistry of its own.
	Process int

	stateDir string
	// external is the user's Kubernetes, nil if the cluster has its own.
	external *external
	out      io.Writer
	printing sync.Mutex
}

// New returns the cluster whose state is below stateDir (DefaultStateDir if
// empty) and which reports its progress to out. It starts nothing.
func New(stateDir string, out io.Writer) *Cluster {
	if stateDir == "" {
		stateDir = DefaultStateDir
	}
	return &Cluster{stateDir: stateDir, out: out}
}

// Kubeconfig is the path of the administrator's kubeconfig, or the user's.
func (c *Cluster) Kubeconfig() string {
	if c.external != nil {
		return c.external.kubeconfig
	}
	return c.path("kubeconfig")
}

// Kubectl is the path of a kubectl of the cluster's version, or the name of the
// user's.
func (c *Cluster) Kubectl() string {
	if c.external != nil {
		return "kubectl" // the user's own, on the PATH
	}
	return c.path("bin", "kubectl")
}

// PauseProgram is the path of a static program that does nothing until it is
// asked to end.
func (c *Cluster) PauseProgram() string { return c.path("bin", pauseProgram.name) }

// NodeName is the name of the node that this machine is, of the first if it is
// two.
func (c *Cluster) NodeName() string { return c.NodeNames()[0] }

// NodeNames are the names of all nodes that this machine is, those that Up has
// still to start included.
func (c *Cluster) NodeNames() []string {
	if c.external != nil {
		return []string{c.external.nodeName}
	}
	var names []string
	for _, n := range c.nodes() {
		names = append(names, n.name())
	}
	return names
}

// NodeAddress is an address of this machine that pods of every node reach too.
func (c *Cluster) NodeAddress() string { return c.node(1).address() }

// NodeDevice is the network device of a node, and its address, by which the other
// node reaches it. The first node is number 1.
func (c *Cluster) NodeDevice(number int) (name, address string) {
	return c.node(number).device(), c.node(number).address()
}

// Registry is the host:port of the registry without a login. It speaks HTTP,
// has one name for pods, kubelet and host, and forgets its manifests (not its
// layers) when it restarts.
func (c *Cluster) Registry() string { return c.nodePort(registryPort) }

// PrivateRegistry is the host:port of the registry that wants one of
// RegistryLogins, and otherwise is like Registry.
func (c *Cluster) PrivateRegistry() string { return c.nodePort(privateRegistryPort) }

// SpecRegistry is the host:port at which a spec of the Process may serve a
// registry of its own, over HTTP. Nothing listens there otherwise.
func (c *Cluster) SpecRegistry() string { return c.SpecRegistries()[c.Process] }

// SpecRegistries are the spec registries of all processes that a suite may have.
func (c *Cluster) SpecRegistries() []string {
	var all []string
	for process := range MaxProcesses {
		all = append(all, c.nodePort(specRegistryPort+process))
	}
	return all
}

// Registries are the host:port of all registries, running or not.
func (c *Cluster) Registries() []string {
	return append([]string{c.Registry(), c.PrivateRegistry()}, c.SpecRegistries()...)
}

// Login is a user of the private registry.
type Login struct{ User, Password string }

// RegistryLogins are all users of the private registry.
func (c *Cluster) RegistryLogins() []Login {
	return []Login{
		{User: "testflight", Password: "testflight-password"},
		{User: "other", Password: "other-password"},
	}
}

// RegistryUser is the first user of the private registry.
func (c *Cluster) RegistryUser() string { return c.RegistryLogins()[0].User }

// RegistryPassword is that user's password.
func (c *Cluster) RegistryPassword() string { return c.RegistryLogins()[0].Password }

// PostgresHost is where PostgreSQL listens.
func (c *Cluster) PostgresHost() string { return loopback }

// PostgresPort is the port it listens on.
func (c *Cluster) PostgresPort() int { return c.port(postgresPort) }

// PostgresUser is its superuser, who needs no password.
func (c *Cluster) PostgresUser() string { return "postgres" }
