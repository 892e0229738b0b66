package cluster

import (
	"context"
	"fmt"
	"net"
	"slices"
)

// setUpNetwork makes two bridges. The node's has nothing but an address (bridges
// need no kernel module that a plain machine lacks, dummy devices do); the pods'
// is made here rather than by CNI, so that its addresses never lead elsewhere.
func (c *Cluster) setUpNetwork(ctx context.Context) error {
	if err := addBridge(ctx, c.nodeDevice(), c.NodeAddress()+"/32"); err != nil {
		return err
	}
	if c.external != nil {
		return nil
	}
	return addBridge(ctx, c.podBridge(), c.address(1, 1)+"/24")
}

// addBridge makes a bridge with that address unless it is there.
func addBridge(ctx context.Context, name, address string) error {
	if _, err := net.InterfaceByName(name); err != nil {
		if _, err := output(ctx, "ip", "link", "add", name, "type", "bridge"); err != nil {
			return err
		}
	}
	if _, err := output(ctx, "ip", "address", "replace", address, "dev", name); err != nil {
		return err
	}
	if _, err := output(ctx, "ip", "link", "set", name, "up"); err != nil {
		return err
	}
	return haveAddress(name, address)
}

func haveAddress(device, address string) error {
	found, err := net.InterfaceByName(device)
	if err != nil {
		return fmt.Errorf("device %s: %w", device, err)
	}
	addresses, err := found.Addrs()
	if err != nil {
		return fmt.Errorf("addresses of %s: %w", device, err)
	}
	if !slices.ContainsFunc(addresses, func(a net.Addr) bool { return a.String() == address }) {
		return fmt.Errorf("device %s has the addresses %v, not %s", device, addresses, address)
	}
	return nil
}

// cniConfig is the pods' network. Nothing is masqueraded: pods need no address
// but the node's and each other's.
func (c *Cluster) cniConfig() map[string]any {
	return map[string]any{
		"cniVersion": "0.4.0",
		"name":       c.podNetwork(),
		"plugins": []map[string]any{
			{
				"type":        "bridge",
				"bridge":      c.podBridge(),
				"isGateway":   true,
				"ipMasq":      false,
				"hairpinMode": true,
				"ipam": map[string]any{
					"type":    "host-local",
					"dataDir": c.path("cni", "addresses"),
					"ranges":  [][]map[string]string{{{"subnet": c.podCIDR()}}},
					"routes":  []map[string]string{{"dst": "0.0.0.0/0"}},
				},
			},
			{"type": "portmap", "capabilities": map[string]bool{"portMappings": true}, "snat": true},
		},
	}
}
