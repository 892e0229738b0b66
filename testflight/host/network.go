package host

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// NetworkDevice is the device inside of each Network.
const NetworkDevice = "eth0"

// Network is a network namespace that has a way to the host: a pair of devices.
type Network struct {
	// File is the one that the namespace is mounted on.
	File string
	// Device and HostAddress are the host's end of the way.
	Device, HostAddress string
	// Address is that of NetworkDevice inside.
	Address string
}

// Make makes the namespace, in place of an earlier one, and the way.
func (n Network) Make(ctx context.Context) error {
	if err := RemoveDevice(ctx, n.Device); err != nil {
		return err
	}
	if err := n.makeNamespace(ctx); err != nil {
		return err
	}
	inside := func(command ...string) []string { return n.Command(command) }
	for _, command := range [][]string{
		{"ip", "link", "add", n.Device, "type", "veth", "peer", "name", NetworkDevice, "netns", n.File},
		{"ip", "address", "add", n.HostAddress, "peer", n.Address, "dev", n.Device},
		{"ip", "link", "set", n.Device, "up"},
		inside("ip", "address", "add", n.Address, "peer", n.HostAddress, "dev", NetworkDevice),
		inside("ip", "link", "set", "lo", "up"),
		inside("ip", "link", "set", NetworkDevice, "up"),
		inside("ip", "route", "add", "default", "via", n.HostAddress),
	} {
		if _, err := Output(ctx, command[0], command[1:]...); err != nil {
			return err
		}
	}
	return nil
}

func (n Network) makeNamespace(ctx context.Context) error {
	if err := unix.Unmount(n.File, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("unmount %s: %w", n.File, err)
	}
	if err := os.WriteFile(n.File, nil, 0o600); err != nil {
		return err
	}
	_, err := Output(ctx, "unshare", "--net="+n.File, "true")
	return err
}

// Command is the command that runs this one in the namespace.
func (n Network) Command(command []string) []string {
	return append([]string{"/usr/bin/nsenter", "--net=" + n.File}, command...)
}

// MountNetwork mounts the network namespace of this process on a file, unless one is
// mounted there.
func MountNetwork(file string) error {
	var mounted unix.Statfs_t
	if unix.Statfs(file, &mounted) == nil && mounted.Type == unix.NSFS_MAGIC {
		return nil
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return err
	}
	if err := unix.Mount("/proc/self/ns/net", file, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount the host's network namespace on %s: %w", file, err)
	}
	return nil
}
