package podinit

import (
	"context"
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// dial connects to the socket at path and to nothing else. A process in the
// pod that is root there can put a link in the socket's place, which would
// lead to another socket of the node, so links are not followed: the socket is
// opened first, and connected to through its descriptor. That also frees the
// path from the 107 bytes that a socket's address has.
func dial(ctx context.Context, path string) (net.Conn, error) {
	socket, mode, err := look(path)
	if err != nil {
		return nil, fmt.Errorf("find the socket of init: %w", err)
	}
	defer unix.Close(socket)
	if mode != unix.S_IFSOCK {
		return nil, fmt.Errorf("%s is not a socket: something in the pod replaced init's", path)
	}
	return new(net.Dialer).DialContext(ctx, "unix", reopened(socket))
}
