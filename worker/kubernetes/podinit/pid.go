package podinit

import (
	"context"
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// PID returns the process ID of who listened on the socket, as the caller sees it. It
// is init's, unless something in the pod replaced that: package podidentity verifies it.
// It is 0 if the caller is in another process namespace than the node's.
func (c *Client) PID(ctx context.Context) (int, error) {
	connection, err := dial(ctx, c.socketPath)
	if err != nil {
		return 0, err
	}
	defer connection.Close()

	raw, err := connection.(*net.UnixConn).SyscallConn()
	if err != nil {
		return 0, fmt.Errorf("find out who listens on %s: %w", c.socketPath, err)
	}
	var listener *unix.Ucred
	var failure error
	if err := raw.Control(func(descriptor uintptr) {
		listener, failure = unix.GetsockoptUcred(int(descriptor), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return 0, fmt.Errorf("find out who listens on %s: %w", c.socketPath, err)
	}
	if failure != nil {
		return 0, fmt.Errorf("find out who listens on %s: %w", c.socketPath, failure)
	}
	return int(listener.Pid), nil
}
