package host

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"slices"
)

// AddBridge has a bridge that is up and has that address, as ADDRESS/LENGTH. Bridges need
// no kernel module that a plain machine lacks, dummy devices do.
func AddBridge(ctx context.Context, name, address string) error {
	if _, err := net.InterfaceByName(name); err != nil {
		if _, err := Output(ctx, "ip", "link", "add", name, "type", "bridge"); err != nil {
			return err
		}
	}
	if err := keepHardwareAddress(ctx, name); err != nil {
		return err
	}
	if _, err := Output(ctx, "ip", "address", "replace", address, "dev", name); err != nil {
		return err
	}
	if _, err := Output(ctx, "ip", "link", "set", name, "up"); err != nil {
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
	_, err = Output(ctx, "ip", "link", "set", name, "address", bridge.HardwareAddr.String())
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

// BridgePorts returns the devices that hang on a bridge, none if there is no bridge.
func BridgePorts(bridge string) ([]string, error) {
	ports, err := filepath.Glob(filepath.Join("/sys/class/net", bridge, "brif", "*"))
	for i, port := range ports {
		ports[i] = filepath.Base(port)
	}
	return ports, err
}

// RemoveDevice removes a network device, if it is there.
func RemoveDevice(ctx context.Context, name string) error {
	if _, err := net.InterfaceByName(name); err != nil {
		return nil
	}
	_, err := Output(ctx, "ip", "link", "delete", name)
	if _, gone := net.InterfaceByName(name); gone != nil {
		return nil
	}
	return err
}
