package gardenserver

import (
	"encoding/json"
	"io"
	"net"
	"sync"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/garden/transport"
	"code.cloudfoundry.org/lager/v3"

	"github.com/concourse/concourse-kubernetes/worker/outputstream"
)

// Detacher is a process of a backend that can be left before it ends. It then runs
// on, and keeps its output for who attaches next.
type Detacher interface {
	garden.Process
	Detach()
}

// session is a client that follows a process.
type session struct {
	id                string
	handle, processID string
	logger            lager.Logger
	process           garden.Process

	stdin          *io.PipeWriter
	stdinReader    *io.PipeReader
	stdout, stderr *stream

	endOnce sync.Once
	over    chan struct{}
}

func newSession(handle, processID string, logger lager.Logger) *session {
	s := &session{
		id:        outputstream.NewID(),
		handle:    handle,
		processID: processID,
		logger:    logger.Session("process", lager.Data{"handle": handle, "process": processID}),
		over:      make(chan struct{}),
	}
	s.stdinReader, s.stdin = io.Pipe()
	s.stdout, s.stderr = newStream(s), newStream(s)
	return s
}

func (s *session) io() garden.ProcessIO {
	return garden.ProcessIO{Stdin: s.stdinReader, Stdout: s.stdout, Stderr: s.stderr}
}

func (s *session) follows(handle, processID string) bool {
	return s.handle == handle && s.processID == processID
}

// end closes the connections of the client and fails what waits for it.
func (s *session) end() {
	s.endOnce.Do(func() { close(s.over) })
}

func (s *session) isOver() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}

// serve returns when the session is over. The status of the process is the last
// that the client hears. A session that was ended before says nothing more, whatever
// the process says of being left: the client attaches again to what breaks off, and
// not to what ends with an error.
func (s *session) serve(conn net.Conn, input io.Reader) {
	defer conn.Close()
	defer s.end()

	go s.receive(json.NewDecoder(input))
	last := make(chan transport.ProcessPayload, 1)
	go func() { last <- s.wait() }()

	introduction := transport.ProcessPayload{ProcessID: s.process.ID(), StreamID: s.id}
	if err := transport.WriteMessage(conn, introduction); err != nil {
		return
	}
	select {
	case payload := <-last:
		s.stdin.Close()
		if s.isOver() {
			return
		}
		if err := transport.WriteMessage(conn, payload); err != nil {
			s.logger.Info("failed-to-send-status", lager.Data{"error": err.Error()})
		}
	case <-s.over:
	}
}

// leave gives a process up that may run on. Its stdin has not come to its end
// then.
func (s *session) leave() {
	s.end()
	s.stdin.CloseWithError(errSessionOver)
	if process, ok := s.process.(Detacher); ok {
		process.Detach()
	}
}

func (s *session) wait() transport.ProcessPayload {
	status, err := s.process.Wait()
	if err != nil {
		s.logger.Info("failed-to-wait", lager.Data{"error": err.Error()})
		message := err.Error()
		return transport.ProcessPayload{ProcessID: s.process.ID(), Error: &message}
	}
	s.logger.Debug("exited", lager.Data{"status": status})
	return transport.ProcessPayload{ProcessID: s.process.ID(), ExitStatus: &status}
}

// receive does what the client says until it is gone, also after the end of stdin.
func (s *session) receive(input *json.Decoder) {
	defer s.end()
	for {
		var payload transport.ProcessPayload
		if err := input.Decode(&payload); err != nil {
			return
		}
		if err := s.obey(payload); err != nil {
			s.logger.Info("failed-to-obey", lager.Data{"error": err.Error()})
		}
	}
}

func (s *session) obey(payload transport.ProcessPayload) error {
	switch {
	case payload.TTY != nil:
		return s.process.SetTTY(*payload.TTY)
	case payload.Signal != nil:
		return s.process.Signal(*payload.Signal)
	case payload.Source != nil && payload.Data == nil:
		return s.stdin.Close()
	case payload.Source != nil:
		_, err := io.WriteString(s.stdin, *payload.Data)
		return err
	}
	return nil
}
