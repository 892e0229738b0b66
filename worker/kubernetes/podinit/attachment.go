package podinit

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
	"github.com/concourse/concourse-kubernetes/worker/outputstream"
)

const (
	exitStatusSize = 4 // bytes
	maxExitStatus  = 255

	// maxAfterDone is the most that is read after the client has taken leave: what init
	// had sent by then, which fits into the buffers of a socket. In bytes.
	maxAfterDone = 8 << 20
)

var errLeft = errors.New("the client has taken leave")

// attachment is the client's end of an upgraded connection.
type attachment struct {
	conn     net.Conn
	reader   *bufio.Reader
	patience patience
	writers  map[protocol.Kind]io.Writer
	progress *progress

	mu sync.Mutex
	// leaving is set when the client wants no more.
	leaving bool
	// finishing is set when the rest of the exchange has a deadline.
	finishing bool
}

// receive delivers output to the end of the attachment.
func (a *attachment) receive() (int, error) {
	buffer := make([]byte, protocol.MaxData)
	for !a.isLeaving() {
		frame, err := protocol.ReadFrame(a.reader, buffer)
		if err != nil && !a.isLeaving() {
			return 0, fmt.Errorf("the connection to the pod's init broke before the process ended: %w", err)
		}
		if err != nil {
			break
		}
		if frame.Kind == protocol.Stdout || frame.Kind == protocol.Stderr {
			if err := a.deliver(frame); err != nil {
				a.finish()
				return 0, err
			}
			continue
		}
		status, err := ending(frame)
		a.finish()
		return status, err
	}
	a.finish()
	return 0, errLeft
}

// ending is what the last frame says.
func ending(frame protocol.Frame) (int, error) {
	switch frame.Kind {
	case protocol.Exit:
		if len(frame.Data) != exitStatusSize {
			return 0, violation("an exit status of %d bytes came", len(frame.Data))
		}
		status := binary.BigEndian.Uint32(frame.Data)
		if status > maxExitStatus {
			return 0, violation("the exit status %d came", status)
		}
		return int(status), nil
	case protocol.Broken:
		return 0, errors.New(said(string(frame.Data)))
	case protocol.Stopped:
		return 0, ErrStopped
	default:
		return 0, violation("a frame of the kind %d came", frame.Kind)
	}
}

// deliver returns when the client has dealt with the output and init was told what
// the client has for good, also where the client failed to take all of it.
func (a *attachment) deliver(frame protocol.Frame) error {
	writer := a.writers[frame.Kind]
	if writer == nil {
		return violation("output came that was not asked for")
	}
	if err := a.progress.begin(frame); err != nil {
		return err
	}
	taken, err := outputstream.DestinationOf(writer).WriteOutput(frame.Data, frame.Offset)
	if err != nil {
		err = fmt.Errorf("write its output: %w", err)
	}
	if abandoned := a.progress.end(taken); abandoned {
		return errLeft
	}
	a.conn.SetWriteDeadline(time.Now().Add(a.patience.acknowledgement))
	acknowledgement := protocol.Frame{Kind: frame.Kind, Offset: taken}
	if writeErr := protocol.WriteFrame(a.conn, acknowledgement); writeErr != nil {
		err = errors.Join(err, fmt.Errorf("acknowledge its output to the pod's init: %w", writeErr))
	}
	return err
}

func (a *attachment) isLeaving() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.leaving
}

// leave has the attachment come to its end, after a delivery that is in progress.
func (a *attachment) leave() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.leaving = true
	if !a.finishing {
		a.conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// finish returns once init has taken note of every acknowledgement, so that
// an attach after this one starts where this one ended.
func (a *attachment) finish() {
	a.mu.Lock()
	a.finishing = true
	a.conn.SetDeadline(time.Now().Add(a.patience.leave))
	a.mu.Unlock()

	if err := protocol.WriteFrame(a.conn, protocol.Frame{Kind: protocol.Done}); err == nil {
		io.Copy(io.Discard, io.LimitReader(a.reader, maxAfterDone))
	}
}
