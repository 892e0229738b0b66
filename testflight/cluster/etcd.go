package cluster

import (
	"context"

	"github.com/concourse/concourse-kubernetes/testflight/supervise"
)

func (c *Cluster) etcd() supervise.Service {
	client, peer := "http://"+c.loopbackPort(etcdPort), "http://"+c.loopbackPort(etcdPeerPort)
	return supervise.Service{
		Name:        "etcd",
		Dir:         c.stateDir,
		Environment: environment(),
		Command: []string{
			"/usr/bin/etcd",
			"--name=testflight",
			"--data-dir=" + c.path("etcd"),
			"--listen-client-urls=" + client,
			"--advertise-client-urls=" + client,
			"--listen-peer-urls=" + peer,
			"--initial-advertise-peer-urls=" + peer,
			"--initial-cluster=testflight=" + peer,
			"--logger=zap",
			"--log-level=warn",
		},
		Ready: func(ctx context.Context) error { return c.answers(ctx, client+"/health") },
	}
}
