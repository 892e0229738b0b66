package workercmd

import (
	"fmt"
	"os"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/node"
)

// cluster is the Kubernetes cluster, and the worker's place in it.
type cluster struct {
	client   kubernetes.Interface
	nodeName string

	// node is what the worker knows of its own. The beacon watches it.
	node *node.Watched
}

func (f KubernetesFlags) cluster() (cluster, error) {
	config, err := f.clientConfig()
	if err != nil {
		return cluster{}, err
	}
	// Every step of the node goes through this client; its default of 5
	// requests a second would hold pods back.
	config.QPS, config.Burst = 50, 100
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return cluster{}, fmt.Errorf("client of the cluster at %s: %w", config.Host, err)
	}
	nodeName := f.NodeName
	if nodeName == "" {
		if nodeName, err = os.Hostname(); err != nil {
			return cluster{}, fmt.Errorf("find the hostname, the node's name when --kubernetes-node-name is not given: %w", err)
		}
	}
	return cluster{client: client, nodeName: nodeName, node: node.New(nodeName)}, nil
}

// usualMaxPods is how many pods a kubelet takes by default: maxPods of its configuration.
const usualMaxPods = 110

// maxPods is how many pods the node takes, or would take by default where that is not known.
func (c cluster) maxPods() int {
	if most, known := c.node.Pods(); known {
		return most
	}
	return usualMaxPods
}

func (f KubernetesFlags) clientConfig() (*rest.Config, error) {
	if f.Kubeconfig == "" {
		config, err := rest.InClusterConfig()
		if err != nil {
			return nil, fmt.Errorf("use the service account of the worker's pod: %w: outside a cluster, set --kubernetes-kubeconfig", err)
		}
		return config, nil
	}
	config, err := clientcmd.BuildConfigFromFlags("", f.Kubeconfig.Path())
	if err != nil {
		return nil, fmt.Errorf("kubeconfig %s: %w", f.Kubeconfig, err)
	}
	return config, nil
}
