package podnetwork

import (
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/nodenetwork"
)

// CutOff takes the network from the pod that has a network namespace, an open
// /proc/PID/ns/net. The caller must be root on the node, and may be in any network
// namespace. A pod that shares the node's network is an error: nothing is cut off.
func CutOff(node nodenetwork.Namespace, pod *os.File) error {
	if err := cutOff(node, netns.NsHandle(pod.Fd())); err != nil {
		return fmt.Errorf("cut the pod off from the network: %w", err)
	}
	return nil
}

func cutOff(namespace nodenetwork.Namespace, ofPod netns.NsHandle) error {
	node, pod, err := interfacesOf(namespace, ofPod)
	if err != nil {
		return err
	}
	defer node.Close()
	defer pod.Close()

	links, err := pod.LinkList()
	if err != nil {
		return fmt.Errorf("list the pod's interfaces: %w", err)
	}
	for _, link := range links {
		flags := link.Attrs().Flags
		if flags&net.FlagLoopback != 0 || flags&net.FlagUp == 0 {
			continue
		}
		if err := disconnect(node, pod, link); err != nil {
			return fmt.Errorf("interface %s: %w", link.Attrs().Name, err)
		}
	}
	return nil
}

// interfacesOf asks in the network namespaces of the node and of the pod.
func interfacesOf(namespace nodenetwork.Namespace, ofPod netns.NsHandle) (node, pod *netlink.Handle, err error) {
	ofNode, err := namespace.Open()
	if err != nil {
		return nil, nil, err
	}
	defer ofNode.Close()
	if ofNode.Equal(ofPod) {
		return nil, nil, errors.New("the pod shares the node's network: hermetic steps need a pod network")
	}

	if node, err = netlink.NewHandleAt(ofNode); err != nil {
		return nil, nil, fmt.Errorf("ask for the node's interfaces: %w", err)
	}
	if pod, err = netlink.NewHandleAt(ofPod); err != nil {
		node.Close()
		return nil, nil, fmt.Errorf("ask for the pod's interfaces: %w", err)
	}
	return node, pod, nil
}

// disconnect takes the node's end of a pair of virtual interfaces down, which
// leaves the pod's end without a carrier. An interface of another kind is
// removed from the pod.
func disconnect(node, pod *netlink.Handle, link netlink.Link) error {
	if peer := peerOf(node, link); peer != nil {
		return node.LinkSetDown(peer)
	}
	return pod.LinkDel(link)
}

// peerOf returns the node's end of the pod's interface, or nil: the index that
// the interface names may also be that of something else on the node.
func peerOf(node *netlink.Handle, link netlink.Link) netlink.Link {
	if link.Type() != "veth" {
		return nil
	}
	peer, err := node.LinkByIndex(link.Attrs().ParentIndex)
	if err != nil || peer.Type() != "veth" || peer.Attrs().ParentIndex != link.Attrs().Index {
		return nil
	}
	return peer
}
