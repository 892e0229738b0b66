package podinit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
)

// Client talks to the init of one pod. It holds no connection between calls.
type Client struct {
	socketPath string
	http       *http.Client
}

// NewClient returns a client of the init that listens on the unix socket.
func NewClient(socketPath string) *Client {
	dialSocket := func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, socketPath) }
	return &Client{
		socketPath: socketPath,
		http:       &http.Client{Transport: &http.Transport{DialContext: dialSocket, DisableKeepAlives: true}},
	}
}

// Ping returns nil once init answers.
func (c *Client) Ping(ctx context.Context) error {
	return c.call(ctx, protocol.PathPing, nil)
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

// Stop ends all processes of the pod and returns when they have ended. With
// kill they get SIGKILL at once, else SIGTERM and time to end by themselves.
func (c *Client) Stop(ctx context.Context, kill bool) error {
	return c.call(ctx, protocol.PathStop, protocol.StopRequest{Kill: kill})
}

func (c *Client) call(ctx context.Context, path string, body any) error {
	response, err := c.post(ctx, path, body, http.StatusOK)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// post sends body as JSON and returns the response if it has the status that
// is expected, else the error that the response tells of.
func (c *Client) post(ctx context.Context, path string, body any, expected int) (*http.Response, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode the request %s to init: %w", path, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://init"+path, bytes.NewReader(encoded))
	if err != nil {
		return nil, fmt.Errorf("make the request %s to init: %w", path, err)
	}
	if expected == http.StatusSwitchingProtocols {
		request.Header.Set("Connection", "Upgrade")
		request.Header.Set("Upgrade", protocol.Upgrade)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask the pod's init on %s to %s: %w", c.socketPath, path[1:], err)
	}
	if response.StatusCode != expected {
		defer response.Body.Close()
		return nil, c.failure(path, response)
	}
	return response, nil
}

func (c *Client) failure(path string, response *http.Response) error {
	var failure protocol.Failure
	err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&failure)
	if err != nil {
		return fmt.Errorf("ask the pod's init on %s to %s: it answered %q", c.socketPath, path[1:], response.Status)
	}
	switch failure.Code {
	case protocol.CodeExecutableNotFound:
		return &ExecutableNotFoundError{Path: failure.Subject}
	case protocol.CodeProcessExists:
		return &ProcessExistsError{ID: failure.Subject}
	case protocol.CodeNoSuchProcess:
		return &NoSuchProcessError{ID: failure.Subject}
	default:
		return errors.New(failure.Message)
	}
}
