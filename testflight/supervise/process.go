package cluster

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

// process is one process and no other: its id may be used again after its end,
// not together with its start time.
type process struct {
	ID int `json:"pid"`
	// Started is in clock ticks after the machine's start.
	Started uint64 `json:"started"`
}

var errNoProcess = errors.New("no such process")

// processOf returns the process with that id, errNoProcess if there is none or
// it has ended and only waits for its parent.
func processOf(id int) (process, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
		return process{}, errNoProcess
	}
	if err != nil {
		return process{}, err
	}
	state, started, err := parseStat(string(stat))
	if err != nil {
		return process{}, fmt.Errorf("/proc/%d/stat: %w", id, err)
	}
	if state == "Z" || state == "X" {
		return process{}, errNoProcess
	}
	return process{ID: id, Started: started}, nil
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

func (p process) alive() bool {
	now, err := processOf(p.ID)
	return err == nil && now == p
}

// open returns a pidfd, errNoProcess if the process has ended.
func (p process) open() (int, error) {
	fd, err := unix.PidfdOpen(p.ID, 0)
	if errors.Is(err, unix.ESRCH) {
		return 0, errNoProcess
	}
	if err != nil {
		return 0, fmt.Errorf("open pidfd of process %d: %w", p.ID, err)
	}
	if !p.alive() {
		unix.Close(fd)
		return 0, errNoProcess
	}
	return fd, nil
}

// end asks the process to end and kills it when the patience is over.
func (p process) end(ctx context.Context, ask unix.Signal, patience time.Duration) error {
	fd, err := p.open()
	if errors.Is(err, errNoProcess) {
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

// firstToEnd waits for a process to end and returns the index of its pidfd.
func firstToEnd(ctx context.Context, pidfds []int) (int, error) {
	// Closing the write end makes the read end readable: that is how poll
	// learns about the context.
	read, write, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer read.Close()
	defer write.Close()
	defer context.AfterFunc(ctx, func() { write.Close() })()

	polled := make([]unix.PollFd, 0, len(pidfds)+1)
	for _, fd := range pidfds {
		polled = append(polled, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	}
	polled = append(polled, unix.PollFd{Fd: int32(read.Fd()), Events: unix.POLLIN})

	for {
		_, err := unix.Poll(polled, -1)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("poll: %w", err)
		}
		for i := range pidfds {
			if polled[i].Revents != 0 {
				return i, nil
			}
		}
		return 0, ctx.Err()
	}
}
