package soak

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// restarts are those that are over, and the one that goes on.
type restarts struct {
	mutex sync.Mutex
	done  []RestartDone
	// began is when the one began that goes on. It is zero if none does.
	began time.Time
}

// RestartDone is a restart of the plan.
type RestartDone struct {
	Restart
	// Began is when the daemon was told to end, Ended when it was ready again.
	Began, Ended time.Time
}

// during says whether a daemon was restarted meanwhile.
func (r *restarts) during(began, ended time.Time) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if !r.began.IsZero() && r.began.Before(ended) {
		return true
	}
	for _, restart := range r.done {
		if restart.Began.Before(ended) && began.Before(restart.Ended) {
			return true
		}
	}
	return false
}

// restarter restarts one daemon after the other, while builds run.
type restarter struct {
	wanted chan Restart
	failed chan error
}

func (s *session) startRestarter(ctx context.Context) restarter {
	r := restarter{wanted: make(chan Restart, len(s.Plan.Restarts)), failed: make(chan error, 1)}
	go func() {
		defer close(r.failed)
		for {
			select {
			case restart, more := <-r.wanted:
				if !more {
					return
				}
				if err := s.restart(ctx, restart); err != nil {
					r.failed <- err
					return
				}
			case <-ctx.Done():
				r.failed <- context.Cause(ctx)
				return
			}
		}
	}()
	return r
}

func (r restarter) restart(what Restart) { r.wanted <- what }

// finish waits until all restarts are over.
func (r restarter) finish() error {
	close(r.wanted)
	return <-r.failed
}

func (s *session) restart(ctx context.Context, what Restart) error {
	done := RestartDone{Restart: what, Began: s.restarts.begin()}
	end := s.Runs.Cluster.StopDaemon
	if what.Signal == unix.SIGKILL {
		end = s.Runs.Cluster.KillDaemon
	}
	if err := end(ctx, what.Daemon); err != nil {
		return fmt.Errorf("end %s with %s: %w", what.Daemon, unix.SignalName(what.Signal), err)
	}
	if err := s.Runs.StartDaemons(ctx); err != nil {
		return fmt.Errorf("start %s again: %w", what.Daemon, err)
	}
	done.Ended = time.Now()
	s.printf("%s got %s and was back after %.1fs\n", what.Daemon, unix.SignalName(what.Signal), done.Ended.Sub(done.Began).Seconds())

	s.restarts.end(done)
	return nil
}

func (r *restarts) begin() time.Time {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.began = time.Now()
	return r.began
}

func (r *restarts) end(done RestartDone) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.began = time.Time{}
	r.done = append(r.done, done)
}
