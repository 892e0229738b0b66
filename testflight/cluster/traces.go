package cluster

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/host"
)

// removeDevices removes the nodes' bridges, what hangs on them, and the ways to
// daemons in networks of their own.
func (c *Cluster) removeDevices(ctx context.Context) error {
	var failures []error
	for _, n := range c.possibleNodes() {
		failures = append(failures, n.removeDevices(ctx))
	}
	for _, network := range []host.Network{c.isolatedNetwork(), c.ownNetwork()} {
		failures = append(failures, host.RemoveDevice(ctx, network.Device))
	}
	return errors.Join(failures...)
}

func (n node) removeDevices(ctx context.Context) error {
	// A pod's end of a veth pair vanishes with the pod, but later.
	devices, err := host.BridgePorts(n.podBridge())
	if err != nil {
		return err
	}
	var failures []error
	for _, device := range append(devices, n.podBridge(), n.device()) {
		failures = append(failures, host.RemoveDevice(ctx, device))
	}
	return errors.Join(failures...)
}

// removePortRules removes the packet filter rules for host ports of our pods.
func (c *Cluster) removePortRules(ctx context.Context) error {
	for _, n := range c.possibleNodes() {
		if err := host.RemovePortRules(ctx, n.podNetwork()); err != nil {
			return err
		}
	}
	return nil
}

const (
	devicePlugins = "/var/lib/kubelet/device-plugins"
	containerLogs = "/var/log/containers"
	cniResults    = "/var/lib/cni/results"
)

// removeTraces removes the files that programs write outside the state
// directory because they know no other place, and folders that others do not use.
func (c *Cluster) removeTraces() error {
	var failures []error
	for _, find := range []func() ([]string, error){c.cniResults, c.logLinks, c.shimSockets, deviceManagerFiles} {
		files, err := find()
		failures = append(failures, err, host.RemoveAll(files))
	}
	for _, folder := range []string{
		devicePlugins, filepath.Dir(devicePlugins), containerLogs,
		cniResults, filepath.Dir(cniResults),
		"/run/containerd/s", "/run/containerd", "/run/mount",
	} {
		host.RemoveIfEmpty(folder)
	}
	return errors.Join(failures...)
}

// cniResults returns what CNI remembers of our pods.
func (c *Cluster) cniResults() ([]string, error) {
	ids, err := c.containerIDs()
	if err != nil {
		return nil, err
	}
	var files []string
	for _, id := range ids {
		found, err := filepath.Glob(filepath.Join(cniResults, "*-"+id+"-*"))
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	return files, nil
}

// shimSockets returns the sockets that killed shims left; those that end
// themselves remove theirs.
func (c *Cluster) shimSockets() ([]string, error) {
	var files []string
	for _, n := range c.possibleNodes() {
		found, err := filepath.Glob(n.path("containerd", "state", "io.containerd.runtime.v2.task", "*", "*", "address"))
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	var sockets []string
	for _, file := range files {
		address, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		sockets = append(sockets, strings.TrimPrefix(strings.TrimSpace(string(address)), "unix://"))
	}
	return sockets, nil
}

// logLinks returns the links to logs of our pods.
func (c *Cluster) logLinks() ([]string, error) {
	links, err := filepath.Glob(filepath.Join(containerLogs, "*.log"))
	if err != nil {
		return nil, err
	}
	var ours []string
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, c.stateDir+"/") {
			ours = append(ours, link)
		}
	}
	return ours, nil
}

// deviceManagerFiles returns what the last kubelet of the machine left for device
// plugins, nothing while one runs.
func deviceManagerFiles() ([]string, error) {
	socket := filepath.Join(devicePlugins, "kubelet.sock")
	if listening(socket) {
		return nil, nil
	}
	return []string{socket, filepath.Join(devicePlugins, "kubelet_internal_checkpoint")}, nil
}

// listening says whether somebody answers at a unix socket.
func listening(socket string) bool {
	connection, err := net.DialTimeout("unix", socket, time.Second)
	if err != nil {
		return false
	}
	connection.Close()
	return true
}
