package cluster

import (
	"fmt"
	"os"
)

// maxNodes is how many nodes there are ports and addresses for.
const maxNodes = 2

// node is one of the cluster's own nodes: a kubelet, with a containerd and a
// network of pods that no other node has. All nodes are on this machine.
type node struct {
	cluster *Cluster
	// number counts from 1.
	number int
}

// nodes returns the nodes that the cluster is to have, and any others that it
// was started with.
func (c *Cluster) nodes() []node {
	if c.external != nil {
		return nil
	}
	var found []node
	for _, n := range c.possibleNodes() {
		if n.number <= max(c.Nodes, 1) || n.exists() {
			found = append(found, n)
		}
	}
	return found
}

// possibleNodes returns all nodes that a cluster can have.
func (c *Cluster) possibleNodes() []node {
	var all []node
	for number := 1; number <= maxNodes; number++ {
		all = append(all, c.node(number))
	}
	return all
}

func (c *Cluster) node(number int) node { return node{cluster: c, number: number} }

// exists says whether the node was started before.
func (n node) exists() bool {
	_, err := os.Stat(n.path())
	return err == nil
}

// named makes a name that all of the cluster shares the node's own.
func (n node) named(name string) string {
	if n.number == 1 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, n.number)
}

func (n node) name() string { return n.named("concourse-testflight") }

// path is a path for the node's own files.
func (n node) path(elements ...string) string {
	if n.number == 1 {
		return n.cluster.path(elements...)
	}
	return n.cluster.path(append([]string{n.named("node")}, elements...)...)
}

func (n node) containerdSocket() string { return n.path("containerd", "containerd.sock") }

// port is one of the node's two: first is the one of the first node.
func (n node) port(first int) int { return n.cluster.port(first) + 2*(n.number-1) }

// address is where pods, kubelets and host reach the node.
func (n node) address() string { return n.cluster.address(0, n.number) }

// device is the one that has the address.
func (n node) device() string { return n.named(n.cluster.named("ctf-node")) }

// podAddress is one of the network of the node's pods.
func (n node) podAddress(host int) string {
	subnets := [maxNodes]int{1, 5}
	return n.cluster.address(subnets[n.number-1], host)
}

func (n node) podCIDR() string   { return n.podAddress(0) + "/24" }
func (n node) podBridge() string { return n.named(n.cluster.named("ctf-pods")) }

// podNetwork is the name of the CNI network.
func (n node) podNetwork() string { return n.podBridge() }

// containerdUp is the stage that has containerd running, with the image that every pod
// needs.
func (n node) containerdUp() stage {
	return inTurn(
		n.cluster.running(n.containerd),
		n.cluster.timed(n.named("sandbox image"), n.importSandboxImage),
	)
}

// kubeletUp is the stage after which the node takes pods. The API server has to
// run by then.
func (n node) kubeletUp() stage {
	return inTurn(
		n.cluster.running(n.kubelet),
		n.cluster.timed(n.named("node"), n.awaitReady),
	)
}
