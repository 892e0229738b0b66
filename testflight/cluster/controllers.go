package cluster

import (
	"context"
	"fmt"

	"github.com/concourse/concourse-kubernetes/testflight/supervise"
)

func (c *Cluster) controllerManager() supervise.Service {
	return c.controller("kube-controller-manager", controllerManagerPort,
		"--use-service-account-credentials=true",
		"--service-account-private-key-file="+c.key("service-accounts"),
		"--root-ca-file="+c.certificate("ca"),
		"--flex-volume-plugin-dir="+c.path("volume-plugins"),
	)
}

func (c *Cluster) scheduler() supervise.Service {
	return c.controller("kube-scheduler", schedulerPort)
}

// controller is a service that follows the API server. There is one of each, so it
// need not be elected.
func (c *Cluster) controller(name string, port int, flags ...string) supervise.Service {
	kubeconfig := c.partKubeconfig(name)
	return supervise.Service{
		Name:        name,
		Dir:         c.stateDir,
		Environment: environment(),
		Command: append([]string{
			c.path("bin", name),
			"--kubeconfig=" + kubeconfig,
			"--authentication-kubeconfig=" + kubeconfig,
			"--authorization-kubeconfig=" + kubeconfig,
			"--leader-elect=false",
			"--bind-address=" + loopback,
			fmt.Sprintf("--secure-port=%d", c.port(port)),
			"--tls-cert-file=" + c.certificate("serving"),
			"--tls-private-key-file=" + c.key("serving"),
			"--profiling=false",
		}, flags...),
		Ready: func(ctx context.Context) error {
			return c.answers(ctx, "https://"+c.loopbackPort(port)+"/healthz")
		},
	}
}
