package server

import (
	"context"
	"syscall"
)

// stop ends the processes that were started on request, and returns when they and their
// output have ended.
//
// No other process gets a signal, as with a container of upstream's containerd worker: a
// script may need its helpers to clean up, or pass the signal on to them. What a process
// leaves behind ends with the pod.
func (s *Server) stop(ctx context.Context, kill bool) error {
	targets := s.reaper.running()
	if !kill {
		s.signalAll(targets, syscall.SIGTERM)
		patience, cancel := context.WithTimeout(ctx, s.config.StopTimeout)
		defer cancel()
		if awaitExits(patience, targets) == nil {
			return awaitOutputs(ctx, targets)
		}
	}
	s.signalAll(targets, syscall.SIGKILL)
	return awaitOutputs(ctx, targets)
}

// signalAll signals all that it may. A process that an init without root's rights may not
// signal is waited for.
func (s *Server) signalAll(targets []*process, signal syscall.Signal) {
	for _, p := range targets {
		s.reaper.signal(p, signal)
	}
}

func awaitExits(ctx context.Context, processes []*process) error {
	for _, p := range processes {
		if err := p.await(ctx, func() bool { return p.exited }); err != nil {
			return err
		}
	}
	return nil
}

func awaitOutputs(ctx context.Context, processes []*process) error {
	for _, p := range processes {
		if err := p.await(ctx, func() bool { return p.ended }); err != nil {
			return err
		}
	}
	return nil
}
