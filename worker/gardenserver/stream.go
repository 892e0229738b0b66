package gardenserver

import (
	"errors"
	"net"
	"net/http"
	"sync"

	"github.com/concourse/concourse-kubernetes/worker/outputstream"
)

var errSessionOver = errors.New("the client that followed the process is gone")

// stream is an output of a process on its way to a client.
type stream struct {
	over <-chan struct{}
	end  func()

	connectOnce sync.Once
	connected   chan struct{}
	// client is set when connected is closed.
	client outputstream.Destination

	// taken is what the client answered last, if begun.
	taken int64
	begun bool
	// next is the position after what was written last.
	next int64
}

var _ outputstream.Rememberer = (*stream)(nil)

func newStream(s *session) *stream {
	return &stream{over: s.over, end: s.end, connected: make(chan struct{})}
}

// connect gives the stream its client. The first one counts. Of one that does not
// say what it takes, all counts as taken that the kernel has.
func (s *stream) connect(conn net.Conn, r *http.Request) {
	s.connectOnce.Do(func() {
		if outputstream.Wanted(r) {
			s.client = outputstream.NewSender(conn)
		} else {
			s.client = outputstream.DestinationOf(conn)
		}
		close(s.connected)
	})
}

// WriteOutput waits for the client to fetch the stream and to deal with the data.
func (s *stream) WriteOutput(data []byte, position int64) (taken int64, err error) {
	if !s.begun {
		s.taken, s.begun = position, true
	}
	select {
	case <-s.connected:
	case <-s.over:
		return s.taken, errSessionOver
	}
	s.next = position + int64(len(data))
	s.taken, err = s.client.WriteOutput(data, position)
	if err != nil {
		// Without the other connections the client notices, and attaches again.
		s.end()
	}
	return s.taken, err
}

// Remembers waits for the client to fetch the stream. One that says what it takes
// skips what it has.
func (s *stream) Remembers() bool {
	select {
	case <-s.connected:
		_, says := s.client.(*outputstream.Sender)
		return says
	case <-s.over:
		return false
	}
}

// Write goes on after what was written last.
func (s *stream) Write(data []byte) (int, error) {
	if _, err := s.WriteOutput(data, s.next); err != nil {
		return 0, err
	}
	return len(data), nil
}
