package gardenserver

import (
	"encoding/json"
	"fmt"
	"net/http"

	"code.cloudfoundry.org/garden"
)

func (s *Server) handleRun(w http.ResponseWriter, r *http.Request) {
	var spec garden.ProcessSpec
	if err := json.NewDecoder(r.Body).Decode(&spec); err != nil {
		s.fail(w, "run", fmt.Errorf("read which process to run: %w", err))
		return
	}
	s.follow(w, r, http.StatusCreated, spec.ID, func(container garden.Container, streams garden.ProcessIO) (garden.Process, error) {
		return container.Run(spec, streams)
	})
}

func (s *Server) handleAttach(w http.ResponseWriter, r *http.Request) {
	id := r.FormValue(":pid")
	s.follow(w, r, http.StatusOK, id, func(container garden.Container, streams garden.ProcessIO) (garden.Process, error) {
		// A writer of the last client may wait for it for as long as nobody knows
		// that the client is gone, and the backend for that writer.
		s.endEach(func(other *session) bool { return other.follows(container.Handle(), id) })
		return container.Attach(id, streams)
	})
}

// follow has a client follow a process from its start or from now on.
func (s *Server) follow(
	w http.ResponseWriter, r *http.Request, status int, processID string,
	start func(garden.Container, garden.ProcessIO) (garden.Process, error),
) {
	container, err := s.backend.Lookup(r.FormValue(":handle"))
	if err != nil {
		s.fail(w, "find-container", err)
		return
	}
	session := newSession(container.Handle(), processID, s.logger)
	defer session.leave()
	session.process, err = start(container, session.io())
	if err != nil {
		s.fail(w, "follow-process", err)
		return
	}
	s.add(session)
	defer s.remove(session)

	conn, input, err := takeOver(w, status)
	if err != nil {
		s.logger.Error("failed-to-follow-process", err)
		return
	}
	session.serve(conn, input)
}

// handleStream connects a client with an output. One that asks for what ended
// before gets its end at once: all output had been taken then.
func (s *Server) handleStream(of func(*session) *stream) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := takeOver(w, http.StatusOK)
		if err != nil {
			s.logger.Error("failed-to-follow-output", err)
			return
		}
		defer conn.Close()
		if session := s.find(r.FormValue(":streamid")); session != nil {
			of(session).connect(conn, r)
			<-session.over
		}
	})
}
