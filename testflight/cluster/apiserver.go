package cluster

import (
	"context"
	"fmt"

	"github.com/concourse/concourse-kubernetes/testflight/supervise"
)

func (c *Cluster) apiServer() supervise.Service {
	return supervise.Service{
		Name:        "kube-apiserver",
		Dir:         c.stateDir,
		Environment: environment(),
		Command: []string{
			c.path("bin", "kube-apiserver"),
			"--bind-address=" + c.NodeAddress(),
			"--advertise-address=" + c.NodeAddress(),
			fmt.Sprintf("--secure-port=%d", c.port(apiServerPort)),
			"--etcd-servers=http://" + c.loopbackPort(etcdPort),
			"--service-cluster-ip-range=" + c.serviceCIDR(),
			"--authorization-mode=Node,RBAC",
			"--enable-admission-plugins=NodeRestriction",
			"--allow-privileged=true",
			"--client-ca-file=" + c.certificate("ca"),
			"--tls-cert-file=" + c.certificate("serving"),
			"--tls-private-key-file=" + c.key("serving"),
			"--kubelet-certificate-authority=" + c.certificate("ca"),
			"--kubelet-client-certificate=" + c.certificate("kubelet-client"),
			"--kubelet-client-key=" + c.key("kubelet-client"),
			"--kubelet-preferred-address-types=InternalIP",
			"--service-account-issuer=https://kubernetes.default.svc",
			"--service-account-key-file=" + c.key("service-accounts"),
			"--service-account-signing-key-file=" + c.key("service-accounts"),
			"--profiling=false",
		},
		Ready: func(ctx context.Context) error {
			return c.answers(ctx, "https://"+c.nodePort(apiServerPort)+"/readyz")
		},
	}
}
