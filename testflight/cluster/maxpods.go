package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"
)

// KubernetesMaxPods is how many pods a kubelet takes that is not told a number.
const KubernetesMaxPods = 110

// developmentMaxPods is more than Kubernetes' own: all pods of a suite are on few nodes.
const developmentMaxPods = 200

// maxPods is how many pods the node takes after Up.
func (n node) maxPods() int {
	if n.number == 2 && n.cluster.SecondNodeMaxPods != 0 {
		return n.cluster.SecondNodeMaxPods
	}
	return developmentMaxPods
}

// RestartKubelet restarts the kubelet of a node, which takes maxPods pods after that, and
// waits until the node says so. The first node is number 1. It returns how many pods the
// node took before: a second call with that number undoes the first.
//
// Pods that run go on, the oldest maxPods of them: the kubelet ends the others, with the
// reason OutOfpods. All specs use the nodes, so one that restarts a kubelet runs alone.
func (c *Cluster) RestartKubelet(ctx context.Context, number, maxPods int) (before int, err error) {
	if c.external != nil {
		return 0, errors.New("restart a kubelet: the Kubernetes is the user's, so its kubelets are left alone")
	}
	if maxPods < 1 { // Kubernetes takes 0 for its own default
		return 0, fmt.Errorf("restart a kubelet that takes %d pods: give a number from 1", maxPods)
	}
	n := c.node(number)
	before, err = n.configuredMaxPods()
	if err != nil {
		return 0, fmt.Errorf("restart the kubelet of node %s: %w", n.name(), err)
	}
	kubelet := n.kubeletTaking(maxPods)
	if err := kubelet.StopOnPurpose(ctx, unix.SIGTERM); err != nil {
		return 0, fmt.Errorf("stop the kubelet of node %s: %w", n.name(), err)
	}
	if err := kubelet.Run(ctx); err != nil {
		return 0, fmt.Errorf("start the kubelet of node %s: %w", n.name(), err)
	}
	return before, n.awaitMaxPods(ctx, maxPods)
}

// configuredMaxPods is the number that the node's kubelet was last started with.
func (n node) configuredMaxPods() (int, error) {
	written, err := os.ReadFile(n.kubeletConfigFile())
	if err != nil {
		return 0, err
	}
	var config struct {
		MaxPods int `json:"maxPods"`
	}
	if err := yaml.Unmarshal(written, &config); err != nil {
		return 0, fmt.Errorf("%s: %w", n.kubeletConfigFile(), err)
	}
	return config.MaxPods, nil
}

// awaitMaxPods waits until the node is ready and takes that many pods.
func (n node) awaitMaxPods(ctx context.Context, maxPods int) error {
	return n.cluster.awaitSuccess(ctx, func(ctx context.Context, client kubernetes.Interface) error {
		node, err := client.CoreV1().Nodes().Get(ctx, n.name(), metav1.GetOptions{})
		if err != nil {
			return err
		}
		if taken := node.Status.Allocatable.Pods().Value(); taken != int64(maxPods) {
			return fmt.Errorf("node %s takes %d pods, not yet %d", node.Name, taken, maxPods)
		}
		return takesPods(node)
	})
}
