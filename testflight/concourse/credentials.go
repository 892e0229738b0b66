package concourse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// tokenLife is longer than any development cluster's: nothing renews the token
// in a file.
const tokenLife = 10 * 365 * 24 * time.Hour

// WorkerKubeconfig is the path of the kubeconfig of the worker that is this
// daemon. It has a token of the workers' service account that names the worker's
// node, as the token of a worker's pod does; in a cluster of the user's it is the
// user's.
func (c *Concourse) WorkerKubeconfig(daemon string) string {
	if c.Cluster.IsExternal() {
		return c.Cluster.Kubeconfig()
	}
	return filepath.Join(c.Cluster.DaemonDir(), daemon+".kubeconfig")
}

// writeWorkerKubeconfig makes a worker's kubeconfig, unless it has one.
func (c *Concourse) writeWorkerKubeconfig(ctx context.Context, w worker) error {
	file := c.WorkerKubeconfig(w.daemon)
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	token, err := c.ServiceAccountToken(ctx, Namespace, WorkerServiceAccount, w.node)
	if err != nil {
		return err
	}
	config, err := clientcmd.LoadFromFile(c.Cluster.Kubeconfig())
	if err != nil {
		return fmt.Errorf("kubeconfig of the cluster: %w", err)
	}
	user := config.Contexts[config.CurrentContext].AuthInfo
	config.AuthInfos = map[string]*api.AuthInfo{user: {Token: token}}
	return clientcmd.WriteToFile(*config, file)
}

// ServiceAccountToken returns a token of a service account. It names the node,
// and is valid for as long as there is the node; with none it names none.
func (c *Concourse) ServiceAccountToken(ctx context.Context, namespace, name, node string) (string, error) {
	client, err := c.Client()
	if err != nil {
		return "", err
	}
	request := &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(tokenLife / time.Second))},
	}
	if node != "" {
		found, err := client.CoreV1().Nodes().Get(ctx, node, metav1.GetOptions{})
		if err != nil {
			return "", fmt.Errorf("bind a token of service account %s/%s to node %s: %w", namespace, name, node, err)
		}
		request.Spec.BoundObjectRef = &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Node", Name: node, UID: found.UID}
	}
	granted, err := client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, name, request, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("create a token of service account %s/%s: %w", namespace, name, err)
	}
	return granted.Status.Token, nil
}

// ConfigWithToken is for a client of the cluster that has the token alone.
func (c *Concourse) ConfigWithToken(token string) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", c.Cluster.Kubeconfig())
	if err != nil {
		return nil, fmt.Errorf("kubeconfig of the cluster: %w", err)
	}
	config = rest.AnonymousClientConfig(config)
	config.BearerToken = token
	return config, nil
}
