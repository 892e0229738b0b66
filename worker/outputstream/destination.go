package outputstream

import "io"

// Destination takes the output of a process by its position.
type Destination interface {
	// WriteOutput writes data that lies at a position of the output. Taken is the
	// position up to which the destination has the output for good, also where
	// there is an error. It may lie before the data: what comes after it is written
	// again where this destination is lost. Before anything was taken, taken is the
	// position of what was written first.
	//
	// What a destination has already, it does not take a second time.
	WriteOutput(data []byte, position int64) (taken int64, err error)
}

// Rememberer is a Destination that may know what an earlier connection gave it. It may
// be written an output from the beginning then.
type Rememberer interface {
	Destination
	Remembers() bool
}

// DestinationOf returns the writer itself if it is a Destination. Any other writer
// has for good what was written to it, and may be given something twice.
func DestinationOf(w io.Writer) Destination {
	if destination, ok := w.(Destination); ok {
		return destination
	}
	return plain{w}
}

type plain struct{ io.Writer }

func (p plain) WriteOutput(data []byte, position int64) (taken int64, err error) {
	n, err := p.Write(data)
	return position + int64(n), err
}
