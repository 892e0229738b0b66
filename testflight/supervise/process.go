package supervise

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// killPatience is how long a process may take to end that was killed.
const killPatience = 10 * time.Second

// Process is one process and no other: its id may be used again after its end,
// not together with its start time.
type Process struct {
	ID int `json:"pid"`
	// Started is in clock ticks after the machine's start.
	Started uint64 `json:"started"`
}

// ErrNoProcess says that a process has ended, or never was.
var ErrNoProcess = errors.New("no such process")

// processOf returns the process with that id, ErrNoProcess if there is none or
// it has ended and only waits for its parent.
func processOf(id int) (Process, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
		return Process{}, ErrNoProcess
	}
	if err != nil {
		return Process{}, err
	}
	state, started, err := parseStat(string(stat))
	if err != nil {
		return Process{}, fmt.Errorf("/proc/%d/stat: %w", id, err)
	}
	if state == "Z" || state == "X" {
		return Process{}, ErrNoProcess
	}
	return Process{ID: id, Started: started}, nil
}

// parseStat reads the state and the start time out of a /proc/PID/stat.
func parseStat(stat string) (state string, started uint64, err error) {
	// The second field is the program's name in brackets, which may hold
	// spaces and brackets itself.
	fields := strings.Fields(stat[strings.LastIndex(stat, ")")+1:])
	if len(fields) < 20 {
		return "", 0, fmt.Errorf("has %d fields after the name, not 20: %q", len(fields), stat)
	}
	started, err = strconv.ParseUint(fields[19], 10, 64)
	return fields[0], started, err
}

// Alive says whether the process has not ended.
func (p Process) Alive() bool {
	now, err := processOf(p.ID)
	return err == nil && now == p
}

// open returns a pidfd, ErrNoProcess if the process has ended.
func (p Process) open() (int, error) {
	fd, err := unix.PidfdOpen(p.ID, 0)
	if errors.Is(err, unix.ESRCH) {
		return 0, ErrNoProcess
	}
	if err != nil {
		return 0, fmt.Errorf("open pidfd of process %d: %w", p.ID, err)
	}
	if !p.Alive() {
		unix.Close(fd)
		return 0, ErrNoProcess
	}
	return fd, nil
}

// End asks the process to end and kills it when the patience is over.
func (p Process) End(ctx context.Context, ask unix.Signal, patience time.Duration) error {
	fd, err := p.open()
	if errors.Is(err, ErrNoProcess) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)

	for _, signal := range []unix.Signal{ask, unix.SIGKILL} {
		if err := unix.PidfdSendSignal(fd, signal, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("send signal %d to process %d: %w", signal, p.ID, err)
		}
		waiting, cancel := context.WithTimeout(ctx, patience)
		_, err = firstToEnd(waiting, []int{fd})
		cancel()
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("process %d does not end: %w", p.ID, err)
}

// Kill kills the process that has that id now, and waits for its end.
func Kill(ctx context.Context, id int) error {
	found, err := processOf(id)
	if errors.Is(err, ErrNoProcess) {
		return nil
	}
	if err != nil {
		return err
	}
	return found.End(ctx, unix.SIGKILL, killPatience)
}
