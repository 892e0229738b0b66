package gardenserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/garden/routes"
	"code.cloudfoundry.org/lager/v3"
	"github.com/tedsuo/rata"
)

// Server serves one backend, which was started.
type Server struct {
	backend garden.Backend
	logger  lager.Logger
	library *library
	http    *http.Server

	mu       sync.Mutex
	stopped  bool
	sessions map[string]*session // by the ID of their streams
}

// New returns a server. Start the backend first.
func New(backend garden.Backend, logger lager.Logger) (*Server, error) {
	library, err := newLibrary(backend, logger)
	if err != nil {
		return nil, err
	}
	s := &Server{backend: backend, logger: logger, library: library, sessions: map[string]*session{}}
	router, err := rata.NewRouter(routes.Routes, s.handlers())
	if err != nil {
		return nil, fmt.Errorf("route Garden's requests: %w", err)
	}
	s.http = &http.Server{Handler: router}
	return s, nil
}

func (s *Server) handlers() rata.Handlers {
	handlers := rata.Handlers{}
	others := s.library.handler()
	for _, route := range routes.Routes {
		handlers[route.Name] = others
	}
	handlers[routes.Run] = http.HandlerFunc(s.handleRun)
	handlers[routes.Attach] = http.HandlerFunc(s.handleAttach)
	handlers[routes.Stdout] = s.handleStream(func(s *session) *stream { return s.stdout })
	handlers[routes.Stderr] = s.handleStream(func(s *session) *stream { return s.stderr })
	return handlers
}

// Serve answers requests until Stop is called. It returns nil then.
func (s *Server) Serve(listener net.Listener) error {
	go s.library.server.Serve(s.library.listener)
	if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve Garden on %s: %w", listener.Addr(), err)
	}
	return nil
}

// Stop ends the sessions, stops the backend, and returns when the requests that
// wait for the backend have been answered, or with the context. Clients of the
// sessions see their connections break, and attach to the next worker's server.
func (s *Server) Stop(ctx context.Context) error {
	s.endSessions()
	stopErr := s.backend.Stop()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = fmt.Errorf("wait for the requests in progress: %w", err)
	}
	return errors.Join(stopErr, err, s.library.listener.Close())
}

func (s *Server) endSessions() {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.endEach(func(*session) bool { return true })
}

func (s *Server) endEach(concerned func(*session) bool) {
	s.mu.Lock()
	var ending []*session
	for _, session := range s.sessions {
		if concerned(session) {
			ending = append(ending, session)
		}
	}
	s.mu.Unlock()
	for _, session := range ending {
		session.end()
	}
}

// add ends a session at once if the server was told to stop. Its process runs, and its
// client attaches to the next worker's server.
func (s *Server) add(added *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		added.end()
	}
	s.sessions[added.id] = added
}

func (s *Server) remove(removed *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, removed.id)
}

func (s *Server) find(id string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[id]
}
