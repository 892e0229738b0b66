package protocol

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Kind is what a frame carries.
type Kind byte

// The kinds of frames.
const (
	Stdout Kind = 1 + iota // output, or from the client, its acknowledgement
	Stderr
	Exit    // the exit status, as a big-endian uint32; the last frame
	Broken  // why the output can't be had, in words; the last frame
	Done    // from the client: it wants no more
	Stopped // in place of Exit: init was told to end before the process had; the last frame
)

// MaxData is the most data that a frame carries.
const MaxData = 32 << 10

const headerSize = 1 + 8 + 4

// Frame is a piece of a stream. Offset is the position of its data in the
// process' output; in an acknowledgement, which has no data, the position up
// to which the client has it all.
type Frame struct {
	Kind   Kind
	Offset int64
	Data   []byte
}

// WriteFrame writes the frame with a single call.
func WriteFrame(w io.Writer, frame Frame) error {
	encoded := make([]byte, headerSize, headerSize+len(frame.Data))
	encoded[0] = byte(frame.Kind)
	binary.BigEndian.PutUint64(encoded[1:], uint64(frame.Offset))
	binary.BigEndian.PutUint32(encoded[9:], uint32(len(frame.Data)))
	_, err := w.Write(append(encoded, frame.Data...))
	return err
}

// ReadFrame reads a frame. Its data is in the buffer, which has room for
// MaxData.
func ReadFrame(r io.Reader, buffer []byte) (Frame, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return Frame{}, err
	}
	size := binary.BigEndian.Uint32(header[9:])
	if int64(size) > int64(len(buffer)) {
		return Frame{}, fmt.Errorf("a frame of %d bytes came where at most %d are allowed", size, len(buffer))
	}
	frame := Frame{
		Kind:   Kind(header[0]),
		Offset: int64(binary.BigEndian.Uint64(header[1:])),
		Data:   buffer[:size],
	}
	if _, err := io.ReadFull(r, frame.Data); err != nil {
		return Frame{}, fmt.Errorf("a frame ended early: %w", err)
	}
	return frame, nil
}
