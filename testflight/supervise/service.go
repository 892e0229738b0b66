package supervise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// linesOfLog is how much of its log the error about a service's death has.
const linesOfLog = 20

// Service is a program that is kept running. Its process has a session of its own,
// so it outlives the program that started it.
type Service struct {
	// Name tells it from the others of Dir.
	Name string
	// Dir has its pid file and its log.
	Dir string
	// Command is the program's path and its arguments.
	Command []string
	// Environment is all that it has of one, as NAME=VALUE: nothing is inherited.
	Environment []string
	// User runs it, that of this process if empty.
	User string
	// OwnNamespaces has it run as the first process of a PID namespace and in a
	// mount namespace.
	OwnNamespaces bool
	// Prepare makes what it needs before it is started, its configuration say.
	Prepare func(context.Context) error
	// StopSignal is how Stop asks it to end, SIGTERM if unset.
	StopSignal unix.Signal
	// Ready returns nil as soon as it does its work.
	Ready func(context.Context) error
}

// LogFile is the path of what it prints. Each start adds to it.
func (s Service) LogFile() string { return filepath.Join(s.Dir, "logs", s.Name+".log") }

func (s Service) pidFile() string { return filepath.Join(s.Dir, "pids", s.Name+".json") }

// Run starts the service if it isn't alive, and waits until it is ready. One that
// dies before is an error with the end of its log.
func (s Service) Run(ctx context.Context) error {
	_, err := s.Process()
	if errors.Is(err, ErrNoProcess) {
		err = s.start(ctx)
	}
	if err != nil {
		return err
	}
	return s.awaitReady(ctx)
}

// Process returns the service's process, ErrNoProcess if it isn't alive.
func (s Service) Process() (Process, error) {
	written, err := os.ReadFile(s.pidFile())
	if errors.Is(err, os.ErrNotExist) {
		return Process{}, ErrNoProcess
	}
	if err != nil {
		return Process{}, err
	}
	var started Process
	if err := json.Unmarshal(written, &started); err != nil {
		return Process{}, fmt.Errorf("pid file %s: %w", s.pidFile(), err)
	}
	if !started.Alive() {
		return Process{}, ErrNoProcess
	}
	return started, nil
}

// open returns a pidfd of the service's process.
func (s Service) open() (int, error) {
	alive, err := s.Process()
	if err != nil {
		return 0, err
	}
	return alive.open()
}

func (s Service) awaitReady(ctx context.Context) error {
	return Await(ctx, ReadyPatience, func(ctx context.Context) (bool, error) {
		err := s.Ready(ctx)
		if err == nil {
			return true, nil
		}
		if _, gone := s.Process(); errors.Is(gone, ErrNoProcess) {
			return true, s.death()
		}
		return false, fmt.Errorf("is not ready, see %s: %w", s.LogFile(), err)
	})
}

// death is the error that says that the service has ended.
func (s Service) death() error {
	tail, err := lastLines(s.LogFile(), linesOfLog)
	if err != nil {
		tail = err.Error()
	}
	return fmt.Errorf("%s has died; the end of its log (%s):\n%s", s.Name, s.LogFile(), tail)
}
