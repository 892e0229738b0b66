package outputstream

import (
	"fmt"
	"io"
)

// Sender is the worker's end of a stream.
type Sender struct {
	conn io.ReadWriter
	// taken is what web answered last, if begun.
	taken int64
	begun bool
}

var _ Destination = (*Sender)(nil)

// NewSender returns the worker's end of a connection for which web asked for pieces.
func NewSender(conn io.ReadWriter) *Sender {
	return &Sender{conn: conn}
}

// WriteOutput sends data and returns once web has dealt with it. Taken is below the
// data's end while web waits for the rest of a character or of a line.
func (s *Sender) WriteOutput(data []byte, position int64) (taken int64, err error) {
	if !s.begun {
		s.taken, s.begun = position, true
	}
	for len(data) > 0 {
		piece := data[:min(len(data), maxPiece)]
		if err := s.send(piece, position); err != nil {
			return s.taken, err
		}
		data, position = data[len(piece):], position+int64(len(piece))
	}
	return s.taken, nil
}

func (s *Sender) send(piece []byte, position int64) error {
	if err := writePiece(s.conn, piece, position); err != nil {
		return fmt.Errorf("send output to web: %w", err)
	}
	taken, err := readTaken(s.conn)
	if err != nil {
		return fmt.Errorf("hear from web what it has taken of the output: %w", err)
	}
	if end := position + int64(len(piece)); taken < 0 || taken > end {
		return fmt.Errorf("web says that it took the output up to %d, of which %d bytes were sent", taken, end)
	}
	s.taken = taken
	return nil
}
