package supervise

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// stopPatience is how long a service may take to end that was asked to. Then it is killed.
const stopPatience = 10 * time.Second

// Stop ends the service. It is no error if it isn't alive.
func (s Service) Stop(ctx context.Context) error {
	alive, err := s.Process()
	if errors.Is(err, ErrNoProcess) {
		return nil
	}
	if err != nil {
		return err
	}
	signal := s.StopSignal
	if signal == 0 {
		signal = unix.SIGTERM
	}
	if err := alive.End(ctx, signal, stopPatience); err != nil {
		return fmt.Errorf("stop %s: %w", s.Name, err)
	}
	return nil
}

// StopOnPurpose asks the service to end with that signal. It removes the pid file
// first: by that, Watch tells this end from a death.
func (s Service) StopOnPurpose(ctx context.Context, ask unix.Signal) error {
	running, err := s.Process()
	if errors.Is(err, ErrNoProcess) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.Remove(s.pidFile()); err != nil {
		return err
	}
	return running.End(ctx, ask, stopPatience)
}

// AwaitEnd waits for the service to end by itself, which Watch does not take for a
// death. cause is what has the service end. Where that fails, or ctx ends first, the
// service is known as before.
func (s Service) AwaitEnd(ctx context.Context, cause func() error) (err error) {
	fd, err := s.open()
	if err != nil {
		return fmt.Errorf("wait for the end of %s: %w", s.Name, err)
	}
	defer unix.Close(fd)
	restore, err := s.forget()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil { // it is still to be stopped one day
			err = errors.Join(err, restore())
		}
	}()
	if err := cause(); err != nil {
		return err
	}
	_, err = firstToEnd(ctx, []int{fd})
	return err
}

// forget removes the pid file.
func (s Service) forget() (restore func() error, err error) {
	written, err := os.ReadFile(s.pidFile())
	if err != nil {
		return nil, err
	}
	if err := os.Remove(s.pidFile()); err != nil {
		return nil, err
	}
	return func() error { return os.WriteFile(s.pidFile(), written, 0o644) }, nil
}
