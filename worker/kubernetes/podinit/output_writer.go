package podinit

import "io"

// OutputWriter is a writer that wants to know where in the output of the process
// its bytes lie, and that may have them for good later than it takes them.
type OutputWriter interface {
	io.Writer

	// WriteOutput writes data that lies at a position of the output. Taken is the
	// position up to which the writer has the output for good. It may lie before
	// the data. What comes after it is delivered again by a later attach.
	WriteOutput(data []byte, position int64) (taken int64, err error)
}

func writeOutput(to io.Writer, data []byte, position int64) (taken int64, err error) {
	if writer, ok := to.(OutputWriter); ok {
		return writer.WriteOutput(data, position)
	}
	written, err := to.Write(data)
	return position + int64(written), err
}

// outputCopy writes output from a position on.
type outputCopy struct {
	to       io.Writer
	position int64
}

func (c *outputCopy) Write(data []byte) (int, error) {
	if _, err := writeOutput(c.to, data, c.position); err != nil {
		return 0, err
	}
	c.position += int64(len(data))
	return len(data), nil
}
