package outputstream

import (
	"errors"
	"io"
)

// Log is a writer that takes the output of one process after the other.
type Log interface {
	// OutputOf returns what takes the output of the process that runs in a
	// container. An earlier web may have taken some of it if web attached to
	// the process instead of starting it.
	OutputOf(container string, attached bool) Destination
}

// Receiver is web's end of a stream.
type Receiver struct {
	conn      io.ReadWriter
	container string
	attached  bool
	failed    func(error)
}

var _ io.WriterTo = (*Receiver)(nil)

// NewReceiver returns web's end of a connection for which it asked for pieces. It
// calls failed if output is thrown away because it could not be written.
func NewReceiver(conn io.ReadWriter, container string, attached bool, failed func(error)) *Receiver {
	return &Receiver{conn, container, attached, failed}
}

// Read is not supported. [io.Copy] uses WriteTo, also through a [bufio.Reader].
func (r *Receiver) Read([]byte) (int, error) {
	return 0, errors.New("output that is acknowledged can't be read, only be written to something")
}

// WriteTo writes the output to a Log or, without positions, to any other writer,
// and says of each piece what was taken. Once the writer has failed, what comes is
// taken and thrown away: the process must come to its end.
func (r *Receiver) WriteTo(w io.Writer) (written int64, err error) {
	destination := r.destination(w)
	for {
		data, position, readErr := readPiece(r.conn)
		if readErr == io.EOF {
			return written, err
		}
		if readErr != nil {
			return written, errors.Join(err, readErr)
		}
		end := position + int64(len(data))
		taken := end
		if err == nil {
			taken, err = destination.WriteOutput(data, position)
			if err != nil {
				r.failed(err)
				taken = end
			} else {
				written += int64(len(data))
			}
		}
		if ackErr := writeTaken(r.conn, taken); ackErr != nil {
			return written, errors.Join(err, ackErr)
		}
	}
}

func (r *Receiver) destination(w io.Writer) Destination {
	if log, ok := w.(Log); ok {
		return log.OutputOf(r.container, r.attached)
	}
	return DestinationOf(w)
}
