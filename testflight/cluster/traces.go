package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// removeDevices removes the nodes' bridges, what hangs on them, and the ways to
// daemons in networks of their own.
func (c *Cluster) removeDevices(ctx context.Context) error {
	var failures []error
	for _, n := range c.possibleNodes() {
		failures = append(failures, n.removeDevices(ctx))
	}
	for _, network := range []daemonNetwork{c.isolatedNetwork(), c.ownNetwork()} {
		failures = append(failures, removeDevice(ctx, network.device()))
	}
	return errors.Join(failures...)
}

func (n node) removeDevices(ctx context.Context) error {
	// A pod's end of a veth pair vanishes with the pod, but later.
	ports, err := filepath.Glob(filepath.Join("/sys/class/net", n.podBridge(), "brif", "*"))
	if err != nil {
		return err
	}
	var failures []error
	for _, port := range ports {
		failures = append(failures, removeDevice(ctx, filepath.Base(port)))
	}
	for _, device := range []string{n.podBridge(), n.device()} {
		failures = append(failures, removeDevice(ctx, device))
	}
	return errors.Join(failures...)
}

func removeDevice(ctx context.Context, name string) error {
	if _, err := net.InterfaceByName(name); err != nil {
		return nil
	}
	_, err := output(ctx, "ip", "link", "delete", name)
	if _, gone := net.InterfaceByName(name); gone != nil {
		return nil
	}
	return err
}

// removePostgresSharedMemory removes the segment that PostgreSQL leaves when it
// is killed. When it stops it removes that itself, and the file that names it.
func (c *Cluster) removePostgresSharedMemory() error {
	const line = 6 // "key id"
	content, err := os.ReadFile(c.path("postgres", "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	lines := strings.Split(string(content), "\n")
	if len(lines) <= line {
		return nil
	}
	_, segment, _ := strings.Cut(strings.TrimSpace(lines[line]), " ")
	id, err := strconv.Atoi(strings.TrimSpace(segment))
	if err != nil {
		return nil // it was killed before it had one
	}
	if _, err := unix.SysvShmCtl(id, unix.IPC_RMID, nil); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.EIDRM) {
		return fmt.Errorf("remove PostgreSQL's shared memory segment %d: %w", id, err)
	}
	return nil
}

const (
	devicePlugins = "/var/lib/kubelet/device-plugins"
	containerLogs = "/var/log/containers"
	cniResults    = "/var/lib/cni/results"
)

// removeTraces removes the files that programs write outside the state
// directory because they know no other place.
func (c *Cluster) removeTraces() error {
	ids, err := c.containerIDs()
	if err != nil {
		return err
	}
	var failures []error
	for _, id := range ids {
		results, err := filepath.Glob(filepath.Join(cniResults, "*-"+id+"-*"))
		failures = append(failures, err, removeAll(results))
	}
	logs, err := c.logLinks()
	failures = append(failures, err, removeAll(logs))
	sockets, err := c.shimSockets()
	failures = append(failures, err, removeAll(sockets))
	if socket := filepath.Join(devicePlugins, "kubelet.sock"); !listening(socket) {
		failures = append(failures, removeAll([]string{socket, filepath.Join(devicePlugins, "kubelet_internal_checkpoint")}))
	}
	for _, folder := range []string{
		devicePlugins, filepath.Dir(devicePlugins), containerLogs,
		cniResults, filepath.Dir(cniResults),
		"/run/containerd/s", "/run/containerd", "/run/mount",
	} {
		removeIfEmpty(folder)
	}
	return errors.Join(failures...)
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

// listening says whether somebody answers at a unix socket.
func listening(socket string) bool {
	connection, err := net.DialTimeout("unix", socket, time.Second)
	if err != nil {
		return false
	}
	connection.Close()
	return true
}

func removeAll(paths []string) error {
	var failures []error
	for _, path := range paths {
		failures = append(failures, os.RemoveAll(path))
	}
	return errors.Join(failures...)
}

// removeIfEmpty removes the folders that match a pattern and that nobody uses.
func removeIfEmpty(pattern string) {
	folders, _ := filepath.Glob(pattern)
	for _, folder := range folders {
		_ = unix.Rmdir(folder)
	}
}
