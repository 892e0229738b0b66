package outputstream

import (
	"fmt"
	"io"
)

// Sender is the worker's end of a stream.
type Sender struct{ conn io.ReadWriter }

// NewSender returns the worker's end of a connection for which web asked for pieces.
func NewSender(conn io.ReadWriter) *Sender {
	return &Sender{conn}
}

// Send sends data that lies at a position of the output and returns once web has
// dealt with it. Taken is the position up to which web then has the output for
// good. It is below the data's end while web waits for the rest of a character
// or of a line.
func (s *Sender) Send(data []byte, position int64) (taken int64, err error) {
	taken = position
	for len(data) > 0 {
		piece := data[:min(len(data), maxPiece)]
		if taken, err = s.sendPiece(piece, position); err != nil {
			return taken, err
		}
		data, position = data[len(piece):], position+int64(len(piece))
	}
	return taken, nil
}

func (s *Sender) sendPiece(data []byte, position int64) (taken int64, err error) {
	if err := writePiece(s.conn, data, position); err != nil {
		return position, fmt.Errorf("send output to web: %w", err)
	}
	taken, err = readTaken(s.conn)
	if err != nil {
		return position, fmt.Errorf("hear from web what it has taken of the output: %w", err)
	}
	if end := position + int64(len(data)); taken < 0 || taken > end {
		return position, fmt.Errorf("web says that it took the output up to %d, of which %d bytes were sent", taken, end)
	}
	return taken, nil
}
