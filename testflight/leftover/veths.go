package leftover

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/vishvananda/netlink"
)

// veths lists the host's ends of the pods' network interfaces: what hangs on the bridges that the
// cluster's CNI configuration names.
func (m Machine) veths(into Traces) error {
	bridges, err := bridgesBelow(m.StateDir)
	if err != nil {
		return err
	}
	links, err := netlink.LinkList()
	if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) {
		return fmt.Errorf("list network interfaces: %w", err)
	}
	into[Veth] = nil
	for _, name := range bridges {
		bridge, err := netlink.LinkByName(name)
		if errors.As(err, new(netlink.LinkNotFoundError)) {
			continue // CNI makes it for the first pod
		}
		if err != nil {
			return fmt.Errorf("look at the bridge %s: %w", name, err)
		}
		for _, link := range links {
			if link.Attrs().MasterIndex == bridge.Attrs().Index {
				into[Veth] = append(into[Veth], link.Attrs().Name)
			}
		}
	}
	return nil
}

// bridgesBelow are the bridges in the CNI configurations of the cluster's nodes.
func bridgesBelow(stateDir string) ([]string, error) {
	var names []string
	for _, pattern := range []string{"cni/config/*.conflist", "*/cni/config/*.conflist"} {
		files, err := filepath.Glob(filepath.Join(stateDir, pattern))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			config, err := os.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("read a CNI configuration: %w", err)
			}
			bridges, err := bridgesIn(config)
			if err != nil {
				return nil, fmt.Errorf("read the CNI configuration %s: %w", file, err)
			}
			names = append(names, bridges...)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no CNI configuration below %s names a bridge: look where the cluster keeps it", stateDir)
	}
	return names, nil
}

func bridgesIn(config []byte) ([]string, error) {
	var list struct {
		Plugins []struct{ Type, Bridge string }
	}
	if err := json.Unmarshal(config, &list); err != nil {
		return nil, err
	}
	var names []string
	for _, plugin := range list.Plugins {
		if plugin.Type == "bridge" {
			names = append(names, plugin.Bridge)
		}
	}
	return names, nil
}
