package contained

import (
	"io"

	"github.com/concourse/concourse/worker/baggageclaim/volume"
)

// limitedStream ends with an error after a number of bytes. Upstream's reader does
// not count what comes together with the end of the stream, as HTTP's last piece does.
type limitedStream struct {
	stream io.Reader
	limit  int // in bytes; 0 is none
	count  int
	err    error
}

func newLimitedStream(stream io.Reader, limitInMB float64) *limitedStream {
	return &limitedStream{stream: stream, limit: int(limitInMB * (1 << 20))}
}

func (l *limitedStream) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	n, err := l.stream.Read(p)
	l.count += n
	if l.limit > 0 && l.count > l.limit {
		l.err = volume.ErrExceedStreamLimit{Limit: l.limit}
		return 0, l.err
	}
	return n, err
}
