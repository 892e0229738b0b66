package cluster

import "context"

func (c *Cluster) kubelet() part {
	config := c.path("kubelet.yaml")
	return part{
		name: "kubelet",
		dir:  c.stateDir,
		command: []string{
			c.path("bin", "kubelet"),
			"--config=" + config,
			"--kubeconfig=" + c.partKubeconfig("kubelet"),
			"--root-dir=" + c.path("kubelet"),
			"--hostname-override=" + c.NodeName(),
			"--node-ip=" + c.NodeAddress(),
		},
		prepare: func(context.Context) error { return writeYAML(config, c.kubeletConfig()) },
		ready: func(ctx context.Context) error {
			return c.answers(ctx, "http://"+c.loopbackPort(kubeletHealthPort)+"/healthz")
		},
	}
}

func (c *Cluster) kubeletConfig() map[string]any {
	return map[string]any{
		"apiVersion": "kubelet.config.k8s.io/v1beta1",
		"kind":       "KubeletConfiguration",

		"address":            c.NodeAddress(),
		"port":               c.port(kubeletPort),
		"healthzBindAddress": loopback,
		"healthzPort":        c.port(kubeletHealthPort),
		"tlsCertFile":        c.certificate("serving"),
		"tlsPrivateKeyFile":  c.key("serving"),
		"authentication": map[string]any{
			"anonymous": map[string]any{"enabled": false},
			"x509":      map[string]any{"clientCAFile": c.certificate("ca")},
		},

		"containerRuntimeEndpoint": "unix://" + c.containerdSocket(),
		"podLogsDir":               c.path("pod-logs"),
		"volumePluginDir":          c.path("volume-plugins"),

		// Containers get their own cgroups, which enforce their limits; there
		// are none for pods, classes of them, and the node.
		"cgroupDriver":           "cgroupfs",
		"cgroupsPerQOS":          false,
		"enforceNodeAllocatable": []string{},
		"failCgroupV1":           false,
		"failSwapOn":             false,
		"oomScoreAdj":            0, // less than our own needs CAP_SYS_RESOURCE

		"makeIPTablesUtilChains": false,

		// The sandbox image can't be pulled again, so images are kept; and a
		// full developer's disk is no reason to evict pods.
		"imageGCHighThresholdPercent": 100,
		"evictionHard":                map[string]string{"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},

		// Nothing waits for a rate limit.
		"maxPods":             200,
		"serializeImagePulls": false,
		"registryPullQPS":     0,
		"eventRecordQPS":      0,
		"kubeAPIQPS":          100,
		"kubeAPIBurst":        200,
	}
}
