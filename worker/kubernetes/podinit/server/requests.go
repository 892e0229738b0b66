package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"syscall"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
)

func (s *Server) routes() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("POST "+protocol.PathPing, s.handlePing)
	routes.HandleFunc("POST "+protocol.PathProcesses, s.handleProcesses)
	routes.HandleFunc("POST "+protocol.PathAttach, s.handleAttach)
	routes.HandleFunc("POST "+protocol.PathStdin, s.handleStdin)
	routes.HandleFunc("POST "+protocol.PathStart, handle(s.handleStart))
	routes.HandleFunc("POST "+protocol.PathResize, handle(s.handleResize))
	routes.HandleFunc("POST "+protocol.PathSignal, handle(s.handleSignal))
	routes.HandleFunc("POST "+protocol.PathStop, handle(s.handleStop))
	return routes
}

func (s *Server) handlePing(w http.ResponseWriter, _ *http.Request) {
	answer(w, protocol.PingAnswer{PodUID: s.config.PodUID})
}

func (s *Server) handleProcesses(w http.ResponseWriter, _ *http.Request) {
	states := []podinit.ProcessState{}
	for _, p := range s.all() {
		states = append(states, p.state())
	}
	answer(w, states)
}

func (s *Server) handleStart(_ context.Context, spec podinit.ProcessSpec) error {
	if spec.ID == "" {
		return errors.New("start a process: it has no ID")
	}
	// A running process is reported as such even if its image lost the file.
	if _, err := s.find(spec.ID); err == nil {
		return &podinit.ProcessExistsError{ID: spec.ID}
	}
	command, err := s.prepare(spec)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.processes[spec.ID]; ok {
		return &podinit.ProcessExistsError{ID: spec.ID}
	}
	p, err := s.start(spec.ID, command)
	if err != nil {
		return err
	}
	s.processes[spec.ID] = p
	return nil
}

func (s *Server) handleResize(_ context.Context, request protocol.ResizeRequest) error {
	p, err := s.find(request.ID)
	if err != nil {
		return err
	}
	return p.resize(podinit.WindowSize{Columns: request.Columns, Rows: request.Rows})
}

func (s *Server) handleSignal(_ context.Context, request protocol.SignalRequest) error {
	p, err := s.find(request.ID)
	if err != nil {
		return err
	}
	return s.reaper.signal(p, syscall.Signal(request.Signal))
}

// handleStop goes on when the client leaves: what was asked to end must end.
func (s *Server) handleStop(ctx context.Context, request protocol.StopRequest) error {
	return s.stop(context.WithoutCancel(ctx), request.Kill)
}

func (s *Server) handleStdin(w http.ResponseWriter, r *http.Request) {
	p, err := s.find(r.URL.Query().Get("id"))
	if err != nil {
		fail(w, err)
		return
	}
	if err := p.stdin.copy(r.Body); err != nil {
		fail(w, fmt.Errorf("pass on input to process %q: %w", p.id, err))
	}
}

func (s *Server) find(id string) (*process, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.processes[id]
	if !ok {
		return nil, &podinit.NoSuchProcessError{ID: id}
	}
	return p, nil
}

// all are the processes that were ever started.
func (s *Server) all() []*process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.processes))
}

// handle answers requests that are no more than a JSON body and an error.
func handle[Request any](do func(context.Context, Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		request, err := decode[Request](r)
		if err == nil {
			err = do(r.Context(), request)
		}
		if err != nil {
			fail(w, err)
		}
	}
}

func decode[Request any](r *http.Request) (Request, error) {
	var request Request
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		return request, fmt.Errorf("decode the request %s: %w", r.URL.Path, err)
	}
	return request, nil
}

func answer(w http.ResponseWriter, content any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(content)
}

func fail(w http.ResponseWriter, err error) {
	failure := protocol.Failure{Message: err.Error()}
	status := http.StatusBadRequest
	if notFound, ok := errors.AsType[*podinit.ExecutableNotFoundError](err); ok {
		failure.Code, failure.Subject = protocol.CodeExecutableNotFound, notFound.Path
	}
	if exists, ok := errors.AsType[*podinit.ProcessExistsError](err); ok {
		failure.Code, failure.Subject, status = protocol.CodeProcessExists, exists.ID, http.StatusConflict
	}
	if missing, ok := errors.AsType[*podinit.NoSuchProcessError](err); ok {
		failure.Code, failure.Subject, status = protocol.CodeNoSuchProcess, missing.ID, http.StatusNotFound
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(failure)
}
