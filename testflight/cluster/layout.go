package cluster

import (
	"fmt"
	"net"
	"path/filepath"
	"strconv"
)

const loopback = "127.0.0.1"

// Ports of the first instance; each further one has its own 100 above.
const (
	etcdPort              = 17200
	etcdPeerPort          = 17201
	apiServerPort         = 17210
	controllerManagerPort = 17211
	schedulerPort         = 17212
	kubeletPort           = 17213 // and 17215, of the second node
	kubeletHealthPort     = 17214 // and 17216
	registryPort          = 17220
	privateRegistryPort   = 17221
	specRegistryPort      = 17222 // to 17229, one for each process of a suite
	postgresPort          = 17230
)

func (c *Cluster) port(first int) int { return first + 100*c.Instance }

// Port is the instance's own port for a daemon beside the cluster, where first
// is that of the first instance, from 17240 to 17299.
func (c *Cluster) Port(first int) int { return c.port(first) }

func (c *Cluster) nodePort(first int) string {
	return net.JoinHostPort(c.NodeAddress(), strconv.Itoa(c.port(first)))
}

func (c *Cluster) loopbackPort(first int) string {
	return net.JoinHostPort(loopback, strconv.Itoa(c.port(first)))
}

// address is one of the instance's 10.x.0.0/16: subnet 0 is the nodes', 1 the
// first node's pods', 2 the services', 3 the isolated daemon's, 4 its
// containers', 5 the second node's pods', 6 those of the daemon in a network of its
// own.
func (c *Cluster) address(subnet, host int) string {
	return fmt.Sprintf("10.%d.%d.%d", 231+c.Instance, subnet, host)
}

func (c *Cluster) serviceCIDR() string { return c.address(2, 0) + "/24" }

// named makes a name that all of the machine shares the instance's own.
func (c *Cluster) named(name string) string {
	if c.Instance == 0 {
		return name
	}
	return name + strconv.Itoa(c.Instance)
}

func (c *Cluster) path(elements ...string) string {
	return filepath.Join(append([]string{c.stateDir}, elements...)...)
}
