package podinit

import (
	"context"
	"syscall"
	"time"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
)

// Client talks to the init of one pod. It holds no connection between calls.
//
// Whatever runs in the pod may answer in init's place. So each exchange ends in time
// and takes bounded memory, whatever the answer.
type Client struct {
	socketPath string
	patience   patience
}

// patience is how long the client waits for the pod.
type patience struct {
	request         time.Duration // to take a request and to answer it
	acknowledgement time.Duration // to take an acknowledgement
	leave           time.Duration // to confirm the end of an attach
}

// longestRequest is the time of the longest request, which is Stop.
const longestRequest = StopTimeout + 10*time.Second

// NewClient returns a client of the init that listens on the unix socket.
func NewClient(socketPath string) *Client {
	return &Client{
		socketPath: socketPath,
		patience:   patience{request: longestRequest, acknowledgement: 10 * time.Second, leave: time.Second},
	}
}

// Start starts a process and returns without waiting for its end.
func (c *Client) Start(ctx context.Context, spec ProcessSpec) error {
	return c.call(ctx, protocol.PathStart, spec)
}

// Resize changes the size of the process' terminal. It does nothing once the
// process has ended.
func (c *Client) Resize(ctx context.Context, id string, size WindowSize) error {
	return c.call(ctx, protocol.PathResize, protocol.ResizeRequest{ID: id, Columns: size.Columns, Rows: size.Rows})
}

// Signal sends a signal to the process itself. It does nothing once the
// process has ended.
func (c *Client) Signal(ctx context.Context, id string, signal syscall.Signal) error {
	return c.call(ctx, protocol.PathSignal, protocol.SignalRequest{ID: id, Signal: int(signal)})
}

// Stop ends the processes that were started by a client, and returns when they have
// ended. With kill they get SIGKILL at once, else SIGTERM and [StopTimeout] to end by
// themselves. What they started in turn goes on.
func (c *Client) Stop(ctx context.Context, kill bool) error {
	return c.call(ctx, protocol.PathStop, protocol.StopRequest{Kill: kill})
}
