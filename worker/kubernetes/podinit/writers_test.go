package podinit_test

import (
	"errors"
	"io"
)

var errFull = errors.New("full")

// failingWriter fails after some bytes, in the middle of a write.
type failingWriter struct {
	to   io.Writer
	left int
}

func (w *failingWriter) Write(data []byte) (int, error) {
	if len(data) <= w.left {
		w.left -= len(data)
		return w.to.Write(data)
	}
	n, _ := w.to.Write(data[:w.left])
	w.left = 0
	return n, errFull
}

type countingWriter struct {
	to io.Writer
	n  int
}

func (w *countingWriter) Write(data []byte) (int, error) {
	w.n += len(data)
	return w.to.Write(data)
}
