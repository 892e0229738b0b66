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
	// send is set when connected is closed.
	send func(data []byte, position int64) (taken int64, err error)

	// next is the position after what was written last.
	next int64
}

func newStream(s *session) *stream {
	return &stream{over: s.over, end: s.end, connected: make(chan struct{})}
}

// connect gives the stream its client. The first one counts.
func (s *stream) connect(conn net.Conn, r *http.Request) {
	s.connectOnce.Do(func() {
		if outputstream.Asked(r) {
			s.send = outputstream.NewSender(conn).Send
		} else {
			s.send = sendBytes(conn)
		}
		close(s.connected)
	})
}

// sendBytes is for a client that does not say what it takes.
func sendBytes(conn net.Conn) func([]byte, int64) (int64, error) {
	return func(data []byte, position int64) (int64, error) {
		n, err := conn.Write(data)
		return position + int64(n), err
	}
}

// WriteOutput waits for the client to fetch the stream and to deal with the data,
// which lies at a position of the output. It returns the position up to which the
// client has the output for good, as podinit's writers do.
func (s *stream) WriteOutput(data []byte, position int64) (taken int64, err error) {
	select {
	case <-s.connected:
	case <-s.over:
		return position, errSessionOver
	}
	s.next = position + int64(len(data))
	taken, err = s.send(data, position)
	if err != nil {
		// Without the other connections the client notices, and attaches again.
		s.end()
	}
	return taken, err
}

// Write goes on after what was written last.
func (s *stream) Write(data []byte) (int, error) {
	if _, err := s.WriteOutput(data, s.next); err != nil {
		return 0, err
	}
	return len(data), nil
}
