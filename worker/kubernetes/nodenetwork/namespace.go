package nodenetwork

import (
	"fmt"

	"github.com/vishvananda/netns"
)

// Namespace is a network namespace, as the path of a file that stands for it:
// /proc/PID/ns/net, or one that `ip netns` made.
type Namespace string

// Open opens the namespace. The caller closes it.
func (n Namespace) Open() (netns.NsHandle, error) {
	handle, err := netns.GetFromPath(string(n))
	if err != nil {
		return netns.None(), fmt.Errorf("open the node's network namespace %s: %w: run the worker as root in the node's process namespace "+
			"(in a pod: privileged, hostPID), or name another file of that namespace with --kubernetes-node-network-namespace", n, err)
	}
	return handle, nil
}
