package cluster

import "context"

func (c *Cluster) etcd() part {
	client, peer := "http://"+c.loopbackPort(etcdPort), "http://"+c.loopbackPort(etcdPeerPort)
	return part{
		name: "etcd",
		dir:  c.stateDir,
		command: []string{
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
		ready: func(ctx context.Context) error { return c.answers(ctx, client+"/health") },
	}
}
