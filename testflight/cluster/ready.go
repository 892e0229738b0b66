package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/supervise"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// answers returns nil if a GET of the URL has one of the statuses (200 if none
// is given).
func (c *Cluster) answers(ctx context.Context, url string, statuses ...int) error {
	if len(statuses) == 0 {
		statuses = []int{http.StatusOK}
	}
	transport := &http.Transport{DisableKeepAlives: true}
	if strings.HasPrefix(url, "https:") {
		ca, err := os.ReadFile(c.certificate("ca"))
		if err != nil {
			return err
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool()}
		transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(ca)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := (&http.Client{Transport: transport, Timeout: 5 * time.Second}).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if slices.Contains(statuses, response.StatusCode) {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, 4096))
	if err != nil {
		return err
	}
	return fmt.Errorf("GET %s: %s: %s", url, response.Status, body)
}

// awaitReady waits until the node is ready and has no taint that keeps pods away.
func (n node) awaitReady(ctx context.Context) error {
	return n.cluster.awaitSuccess(ctx, func(ctx context.Context, client kubernetes.Interface) error {
		node, err := client.CoreV1().Nodes().Get(ctx, n.name(), metav1.GetOptions{})
		if err != nil {
			return err
		}
		return takesPods(node)
	})
}

func takesPods(node *v1.Node) error {
	for _, condition := range node.Status.Conditions {
		if condition.Type != v1.NodeReady {
			continue
		}
		if condition.Status != v1.ConditionTrue {
			return fmt.Errorf("node %s is not ready: %s: %s", node.Name, condition.Reason, condition.Message)
		}
		if len(node.Spec.Taints) > 0 {
			return fmt.Errorf("node %s has taints: %v", node.Name, node.Spec.Taints)
		}
		return nil
	}
	return fmt.Errorf("node %s does not say yet whether it is ready", node.Name)
}

// awaitServiceAccount waits for the one that pods of the default namespace get.
func (c *Cluster) awaitServiceAccount(ctx context.Context) error {
	return c.awaitSuccess(ctx, func(ctx context.Context, client kubernetes.Interface) error {
		_, err := client.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}

// awaitSuccess asks the API server again until it gets no error.
func (c *Cluster) awaitSuccess(ctx context.Context, ask func(context.Context, kubernetes.Interface) error) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	return supervise.Await(ctx, supervise.ReadyPatience, func(ctx context.Context) (bool, error) {
		err := ask(ctx, client)
		return err == nil, err
	})
}
