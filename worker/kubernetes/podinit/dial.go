package podinit

import (
	"context"
	"fmt"
	"net"

	"golang.org/x/sys/unix"

	"github.com/concourse/concourse-kubernetes/worker/found"
)

// dial connects to the socket at path and to nothing else. A process in the
// pod that is root there can put a link in the socket's place, which would
// lead to another socket of the node, so links are not followed: the socket is
// opened first, and connected to through its descriptor. That also frees the
// path from the 107 bytes that a socket's address has.
func dial(ctx context.Context, path string) (net.Conn, error) {
	socket, err := found.At(path)
	if err != nil {
		return nil, fmt.Errorf("find the socket of init: %w", err)
	}
	defer socket.Close()
	kind, err := found.Kind(socket)
	if err != nil {
		return nil, fmt.Errorf("find the socket of init: %w", err)
	}
	if kind != unix.S_IFSOCK {
		return nil, fmt.Errorf("%s is not a socket: something in the pod replaced init's", path)
	}
	return new(net.Dialer).DialContext(ctx, "unix", found.Path(socket))
}
