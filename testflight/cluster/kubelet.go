package cluster

import (
	"context"
	"fmt"

	"github.com/concourse/concourse-kubernetes/testflight/host"
	"github.com/concourse/concourse-kubernetes/testflight/supervise"
)

// kubelet is the node's, with the number of pods that Up starts it with.
func (n node) kubelet() supervise.Service { return n.kubeletTaking(n.maxPods()) }

// kubeletTaking is the node's kubelet where the node takes that many pods.
func (n node) kubeletTaking(maxPods int) supervise.Service {
	c := n.cluster
	return supervise.Service{
		Name:        n.named("kubelet"),
		Dir:         c.stateDir,
		Environment: environment(),
		Command: []string{
			c.path("bin", "kubelet"),
			"--config=" + n.kubeletConfigFile(),
			"--kubeconfig=" + c.partKubeconfig(n.named("kubelet")),
			"--root-dir=" + n.path("kubelet"),
			"--hostname-override=" + n.name(),
			"--node-ip=" + n.address(),
		},
		Prepare: func(context.Context) error { return host.WriteYAML(n.kubeletConfigFile(), n.kubeletConfig(maxPods)) },
		Ready: func(ctx context.Context) error {
			return c.answers(ctx, fmt.Sprintf("http://%s:%d/healthz", loopback, n.port(kubeletHealthPort)))
		},
	}
}

func (n node) kubeletConfigFile() string { return n.path("kubelet.yaml") }

func (n node) kubeletConfig(maxPods int) map[string]any {
	return map[string]any{
		"apiVersion": "kubelet.config.k8s.io/v1beta1",
		"kind":       "KubeletConfiguration",

		"address":            n.address(),
		"port":               n.port(kubeletPort),
		"healthzBindAddress": loopback,
		"healthzPort":        n.port(kubeletHealthPort),
		"tlsCertFile":        n.cluster.certificate("serving"),
		"tlsPrivateKeyFile":  n.cluster.key("serving"),
		"authentication": map[string]any{
			"anonymous": map[string]any{"enabled": false},
			"x509":      map[string]any{"clientCAFile": n.cluster.certificate("ca")},
		},

		"containerRuntimeEndpoint": "unix://" + n.containerdSocket(),
		"podLogsDir":               n.path("pod-logs"),
		"volumePluginDir":          n.path("volume-plugins"),

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

		"maxPods": maxPods,

		// Nothing waits for a rate limit.
		"serializeImagePulls": false,
		"registryPullQPS":     0,
		"eventRecordQPS":      0,
		"kubeAPIQPS":          100,
		"kubeAPIBurst":        200,
	}
}
