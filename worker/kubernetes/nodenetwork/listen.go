package nodenetwork

import (
	"context"
	"fmt"
	"net"
	"runtime"

	"github.com/vishvananda/netns"
)

// Listen is [net.Listen] in the namespace. The listener stays there.
func (n Namespace) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	node, err := n.Open()
	if err != nil {
		return nil, err
	}
	defer node.Close()

	type result struct {
		listener net.Listener
		err      error
	}
	listened := make(chan result, 1)
	go func() {
		listener, err := listenIn(ctx, node, network, address)
		listened <- result{listener, err}
	}()
	found := <-listened
	return found.listener, found.err
}

// listenIn moves the goroutine's thread to the namespace and back. A thread that
// does not come back stays locked: it ends with the goroutine, and nothing else
// ever runs in the wrong namespace.
func listenIn(ctx context.Context, there netns.NsHandle, network, address string) (net.Listener, error) {
	runtime.LockOSThread()
	here, err := netns.Get()
	if err != nil {
		runtime.UnlockOSThread()
		return nil, fmt.Errorf("open the worker's own network namespace: %w", err)
	}
	defer here.Close()
	if err := netns.Set(there); err != nil {
		runtime.UnlockOSThread()
		return nil, fmt.Errorf("enter the node's network namespace: %w: the worker must be root (in a pod: privileged)", err)
	}

	listener, err := new(net.ListenConfig).Listen(ctx, network, address)
	if netns.Set(here) == nil {
		runtime.UnlockOSThread()
	}
	return listener, err
}
