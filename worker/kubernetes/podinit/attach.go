package podinit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
)

// ErrStopped is why there is no exit status of a process that ran when its pod was
// told to end, whatever the process made of that. Client.Stop is not meant: who
// asks for it wants the status.
var ErrStopped = errors.New("the pod was told to end while the process ran")

// Attach delivers the output of a process, from the byte after the last one
// that any client acknowledged, and blocks until the process has ended and its
// output was delivered. The first attach decides about stdin: if it has none,
// the process' stdin is closed, else it is open until the reader of an attach
// comes to its end. The process runs on if the attach ends early.
//
// A writer may block for as long as it likes, which slows the process down. When the
// context ends, Attach returns all the same, unless the cause is [ErrPodEnded].
func (c *Client) Attach(ctx context.Context, id string, streams ProcessIO) (exitStatus int, err error) {
	e, err := c.ask(ctx, protocol.PathAttach, protocol.AttachRequest{
		ID:     id,
		Stdin:  streams.Stdin != nil,
		Stdout: streams.Stdout != nil,
		Stderr: streams.Stderr != nil,
	}, http.StatusSwitchingProtocols)
	if err != nil {
		return 0, err
	}
	e.stop()
	defer e.close()

	if streams.Stdin != nil {
		stdinCtx, cancel := context.WithCancel(ctx)
		defer cancel()
		go c.sendStdin(stdinCtx, id, streams.Stdin)
	}
	exitStatus, err = c.follow(ctx, &attachment{
		conn:     e.conn,
		reader:   e.reader,
		patience: c.patience,
		writers:  map[protocol.Kind]io.Writer{protocol.Stdout: streams.Stdout, protocol.Stderr: streams.Stderr},
		progress: newProgress(streams.Delivered, streams.Writing),
	})
	if err != nil {
		return 0, fmt.Errorf("attach to process %q: %w", id, err)
	}
	return exitStatus, nil
}

// follow returns when the attachment has come to its end, or without that when the
// context has ended and a writer does not return.
func (c *Client) follow(ctx context.Context, a *attachment) (int, error) {
	type result struct {
		status int
		err    error
	}
	received := make(chan result, 1)
	go func() {
		status, err := a.receive()
		received <- result{status, err}
	}()
	select {
	case r := <-received:
		return r.status, r.err
	case <-ctx.Done():
	}
	a.leave()

	var impatient <-chan time.Time
	if cause := context.Cause(ctx); !errors.Is(cause, ErrPodEnded) {
		impatient = time.After(2 * c.patience.leave) // the goodbye takes up to one
	}
	select {
	case r := <-received:
		if r.err == nil {
			return r.status, nil
		}
	case <-impatient:
		a.progress.abandon()
	}
	return 0, context.Cause(ctx)
}
