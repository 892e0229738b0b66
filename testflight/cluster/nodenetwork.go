package cluster

import (
	"context"

	"github.com/concourse/concourse-kubernetes/testflight/host"
)

// NodeNetwork is a file of the network namespace that all nodes are in, which is
// the host's. Process 1 can't be asked for it everywhere, in a sandbox say.
func (c *Cluster) NodeNetwork() string { return c.path("node-network") }

// setUpNetwork makes the devices of all nodes. Pods of different nodes reach each
// other because the host forwards between its devices.
func (c *Cluster) setUpNetwork(ctx context.Context) error {
	if err := host.MountNetwork(c.NodeNetwork()); err != nil {
		return err
	}
	if c.external != nil {
		return c.node(1).addDevice(ctx)
	}
	for _, n := range c.nodes() {
		if err := n.addDevice(ctx); err != nil {
			return err
		}
		// CNI would make this one too, but later: until then its addresses would
		// lead elsewhere.
		if err := host.AddBridge(ctx, n.podBridge(), n.podAddress(1)+"/24"); err != nil {
			return err
		}
	}
	return nil
}

// addDevice makes a bridge that has nothing but the node's address.
func (n node) addDevice(ctx context.Context) error {
	return host.AddBridge(ctx, n.device(), n.address()+"/32")
}

// cniConfig is the network of the node's pods. Nothing is masqueraded: pods need
// no address but the nodes' and each other's.
func (n node) cniConfig() map[string]any {
	return map[string]any{
		"cniVersion": "0.4.0",
		"name":       n.podNetwork(),
		"plugins": []map[string]any{
			{
				"type":        "bridge",
				"bridge":      n.podBridge(),
				"isGateway":   true,
				"ipMasq":      false,
				"hairpinMode": true,
				"ipam": map[string]any{
					"type":    "host-local",
					"dataDir": n.path("cni", "addresses"),
					"ranges":  [][]map[string]string{{{"subnet": n.podCIDR()}}},
					"routes":  []map[string]string{{"dst": "0.0.0.0/0"}},
				},
			},
			{"type": "portmap", "capabilities": map[string]bool{"portMappings": true}, "snat": true},
		},
	}
}
