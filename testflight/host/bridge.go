package cluster

import (
	"context"
	"fmt"
	"net"
	"slices"
)

// setUpNetwork makes the devices of all nodes. Pods of different nodes reach each
// other because the host forwards between its devices.
func (c *Cluster) setUpNetwork(ctx context.Context) error {
	if err := c.mountNodeNetwork(); err != nil {
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
		if err := addBridge(ctx, n.podBridge(), n.podAddress(1)+"/24"); err != nil {
			return err
		}
	}
	return nil
}

// addDevice makes a bridge that has nothing but the node's address: bridges need
// no kernel module that a plain machine lacks, dummy devices do.
func (n node) addDevice(ctx context.Context) error {
	return addBridge(ctx, n.device(), n.address()+"/32")
}

// addBridge makes a bridge with that address unless it is there.
func addBridge(ctx context.Context, name, address string) error {
	if _, err := net.InterfaceByName(name); err != nil {
		if _, err := output(ctx, "ip", "link", "add", name, "type", "bridge"); err != nil {
			return err
		}
	}
	if err := keepHardwareAddress(ctx, name); err != nil {
		return err
	}
	if _, err := output(ctx, "ip", "address", "replace", address, "dev", name); err != nil {
		return err
	}
	if _, err := output(ctx, "ip", "link", "set", name, "up"); err != nil {
		return err
	}
	return haveAddress(name, address)
}

// keepHardwareAddress has a bridge keep its hardware address. Without that it takes the
// lowest of its ports', which changes as pods come and go: other pods then send to the
// former address, for up to a minute.
func keepHardwareAddress(ctx context.Context, name string) error {
	bridge, err := net.InterfaceByName(name)
	if err != nil {
		return fmt.Errorf("device %s: %w", name, err)
	}
	_, err = output(ctx, "ip", "link", "set", name, "address", bridge.HardwareAddr.String())
	return err
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
