package cluster

import (
	"context"
	"fmt"
	"os"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// external is a Kubernetes of the user's, one of whose nodes is this machine.
type external struct {
	kubeconfig string
	nodeName   string
}

// UseKubernetes has Up start no Kubernetes: the one of the kubeconfig is used,
// and only registries and PostgreSQL are started beside it. This machine must be
// its node of that name (the hostname's if empty), because a Concourse worker
// shares files with the pods that it creates.
func (c *Cluster) UseKubernetes(ctx context.Context, kubeconfig, nodeName string) error {
	if nodeName == "" {
		hostname, err := os.Hostname()
		if err != nil {
			return fmt.Errorf("find the hostname, the node's name unless it is given: %w", err)
		}
		nodeName = hostname
	}

	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return fmt.Errorf("KUBECONFIG %s: %w", kubeconfig, err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("KUBECONFIG %s: %w", kubeconfig, err)
	}
	if _, err := client.CoreV1().Nodes().Get(ctx, nodeName, metav1.GetOptions{}); err != nil {
		return fmt.Errorf("look for this machine among the nodes of the cluster at %s, as %q: %w: a worker runs on the node that its pods run on; set NODE_NAME to the name of this machine's node", config.Host, nodeName, err)
	}
	c.external = &external{kubeconfig: kubeconfig, nodeName: nodeName}
	return nil
}

// IsExternal says whether the Kubernetes is the user's.
func (c *Cluster) IsExternal() bool { return c.external != nil }

// upBesideKubernetes is Up where the user has a Kubernetes.
func (c *Cluster) upBesideKubernetes() stage {
	return inTurn(
		c.InstallPackages,
		atOnce(
			c.timed("programs", c.buildPrograms),
			c.timed("network", c.setUpNetwork),
		),
		atOnce(c.running(c.registry), c.running(c.privateRegistry), c.running(c.postgres)),
	)
}
