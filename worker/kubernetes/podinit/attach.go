package podinit

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
)

// detachTimeout is how long init may take to confirm the end of an attach.
const detachTimeout = time.Second

// ErrStopped is why there is no exit status of a process that ran when its pod was
// told to end, whatever the process made of that. Client.Stop is not meant: who
// asks for it wants the status.
var ErrStopped = errors.New("the pod was told to end while the process ran")

const exitStatusSize = 4 // bytes

// Attach delivers the output of a process, from the byte after the last one
// that any client acknowledged, and blocks until the process has ended and its
// output was delivered. The first attach decides about stdin: if it has none,
// the process' stdin is closed, else it is open until the reader of an attach
// comes to its end. The process runs on if the attach ends early.
func (c *Client) Attach(ctx context.Context, id string, streams ProcessIO) (exitStatus int, err error) {
	response, err := c.post(ctx, protocol.PathAttach, protocol.AttachRequest{
		ID:     id,
		Stdin:  streams.Stdin != nil,
		Stdout: streams.Stdout != nil,
		Stderr: streams.Stderr != nil,
	}, http.StatusSwitchingProtocols)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()

	if streams.Stdin != nil {
		stdinCtx, cancel := context.WithCancel(ctx)
		defer cancel()
		go c.sendStdin(stdinCtx, id, streams.Stdin)
	}

	attachment := &attachment{
		id:      id,
		conn:    response.Body.(io.ReadWriteCloser),
		writers: map[protocol.Kind]io.Writer{protocol.Stdout: streams.Stdout, protocol.Stderr: streams.Stderr},

		delivered: streams.Delivered,
	}
	stop := context.AfterFunc(ctx, attachment.detach)
	defer stop()
	exitStatus, err = attachment.receive()
	if err != nil && ctx.Err() != nil {
		return 0, fmt.Errorf("attach to process %q: %w", id, context.Cause(ctx))
	}
	return exitStatus, err
}

// sendStdin streams stdin in a chunked request body: its last chunk is the
// mark by which init tells the end of stdin from a broken connection. An error
// is therefore not the end of the process' stdin, and the attach goes on.
func (c *Client) sendStdin(ctx context.Context, id string, stdin io.Reader) {
	target := "http://init" + protocol.PathStdin + "?" + url.Values{"id": {id}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, io.NopCloser(stdin))
	if err != nil {
		return
	}
	response, err := c.http.Do(request)
	if err != nil {
		return
	}
	response.Body.Close()
}

// attachment is the client's end of an upgraded connection.
type attachment struct {
	id      string
	conn    io.ReadWriteCloser
	writers map[protocol.Kind]io.Writer

	delivered *Delivered

	// mu keeps a detach from coming between the delivery of bytes and their
	// acknowledgement, which would deliver them twice.
	mu       sync.Mutex
	detached bool
}

var errDetached = errors.New("detached")

func (a *attachment) receive() (int, error) {
	reader := bufio.NewReader(a.conn)
	buffer := make([]byte, protocol.MaxData)
	for {
		frame, err := protocol.ReadFrame(reader, buffer)
		if err != nil {
			return 0, fmt.Errorf("attach to process %q: the connection to the pod's init broke before the process ended: %w", a.id, err)
		}
		switch frame.Kind {
		case protocol.Stdout, protocol.Stderr:
			if err := a.deliver(frame); err != nil {
				a.finish(reader)
				return 0, fmt.Errorf("attach to process %q: %w", a.id, err)
			}
		case protocol.Exit:
			if len(frame.Data) != exitStatusSize {
				return 0, fmt.Errorf("attach to process %q: init sent an exit status of %d bytes: something in the pod replaced it", a.id, len(frame.Data))
			}
			status := int(binary.BigEndian.Uint32(frame.Data))
			a.finish(reader)
			return status, nil
		case protocol.Broken:
			message := string(frame.Data)
			a.finish(reader)
			return 0, fmt.Errorf("attach to process %q: %s", a.id, message)
		case protocol.Stopped:
			a.finish(reader)
			return 0, fmt.Errorf("attach to process %q: %w", a.id, ErrStopped)
		}
	}
}

func (a *attachment) deliver(frame protocol.Frame) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.detached {
		return errDetached
	}
	writer := a.writers[frame.Kind]
	if writer == nil {
		return errors.New("init sent output that was not asked for: something in the pod replaced it")
	}
	position, err := writeOutput(writer, frame.Data, frame.Offset)
	if err != nil {
		err = fmt.Errorf("write its output: %w", err)
	}
	a.delivered.note(frame.Kind, position)
	acknowledgement := protocol.Frame{Kind: frame.Kind, Offset: position}
	return errors.Join(err, protocol.WriteFrame(a.conn, acknowledgement))
}

// finish returns once init has taken note of every acknowledgement, so that
// an attach after this one starts where this one ended.
func (a *attachment) finish(reader io.Reader) {
	a.detach()
	io.Copy(io.Discard, reader)
}

func (a *attachment) detach() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.detached {
		return
	}
	a.detached = true
	time.AfterFunc(detachTimeout, func() { a.conn.Close() })
	protocol.WriteFrame(a.conn, protocol.Frame{Kind: protocol.Done})
}
