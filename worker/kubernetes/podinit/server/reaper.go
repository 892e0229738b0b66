package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
)

// reaper is the one place that waits for children, those it knows and those
// that were left to it. Package os/exec and os.Process would be in its way.
type reaper struct {
	// mu keeps a child from being reaped before it is known.
	mu    sync.Mutex
	known map[int]*process
}

func newReaper() *reaper {
	return &reaper{known: map[int]*process{}}
}

func (r *reaper) run(ctx context.Context) {
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	defer signal.Stop(children)
	for {
		r.reap()
		select {
		case <-children:
		case <-ctx.Done():
			return
		}
	}
}

func (r *reaper) reap() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if pid <= 0 {
			return
		}
		if p, ok := r.known[pid]; ok {
			delete(r.known, pid)
			p.exit(status)
		}
	}
}

func (r *reaper) fork(p *process, fork func() (int, error)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	pid, err := fork()
	if err != nil {
		return err
	}
	p.pid = pid
	r.known[pid] = p
	return nil
}

// signal signals a process unless it was reaped: its pid may then be another's.
func (r *reaper) signal(p *process, signal syscall.Signal) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known[p.pid] != p {
		return nil
	}
	if err := syscall.Kill(p.pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("send signal %d to process %q: %w", signal, p.id, err)
	}
	return nil
}

// running are the processes that were started on request and have not ended.
func (r *reaper) running() []*process {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Values(r.known))
}
