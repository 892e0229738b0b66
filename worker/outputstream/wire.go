package outputstream

import (
	"encoding/binary"
	"fmt"
	"io"
)

// maxPiece is the most data of a piece, in bytes.
const maxPiece = 1 << 20

const pieceHeader = 8 + 4

// writePiece writes a piece: the position of its data as a big-endian uint64, the
// length of the data as a big-endian uint32, and the data.
func writePiece(w io.Writer, data []byte, position int64) error {
	encoded := make([]byte, 0, pieceHeader+len(data))
	encoded = binary.BigEndian.AppendUint64(encoded, uint64(position))
	encoded = binary.BigEndian.AppendUint32(encoded, uint32(len(data)))
	_, err := w.Write(append(encoded, data...))
	return err
}

// readPiece returns [io.EOF] where the stream ended before a piece began.
func readPiece(r io.Reader) (data []byte, position int64, err error) {
	var header [pieceHeader]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, 0, err
	}
	length := binary.BigEndian.Uint32(header[8:])
	if length > maxPiece {
		return nil, 0, fmt.Errorf("a piece of %d bytes came where at most %d are allowed", length, maxPiece)
	}
	data = make([]byte, length)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, 0, fmt.Errorf("a piece ended early: %w", err)
	}
	return data, int64(binary.BigEndian.Uint64(header[:])), nil
}

// writeTaken writes a position as a big-endian uint64.
func writeTaken(w io.Writer, position int64) error {
	_, err := w.Write(binary.BigEndian.AppendUint64(nil, uint64(position)))
	return err
}

func readTaken(r io.Reader) (int64, error) {
	var position [8]byte
	_, err := io.ReadFull(r, position[:])
	return int64(binary.BigEndian.Uint64(position[:])), err
}
