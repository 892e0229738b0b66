package podinit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
)

const (
	// maxProcesses is the most processes that a client takes note of. A container of checks,
	// which is the one that runs many, has a few hundred before web replaces it.
	maxProcesses = 10_000

	// maxProcessesAnswer is the most that is read of an answer about them, in bytes.
	maxProcessesAnswer = 2 << 20

	// maxProcessID is the most of a process' ID, in bytes. Web's are words and UUIDs.
	maxProcessID = 1 << 10
)

// ProcessState is what became of a process that init was asked to start.
type ProcessState struct {
	ID string

	// Running is true until the process and its output have ended: no more output comes
	// after that. What the process left behind in the pod does not count.
	Running bool `json:",omitempty"`

	// ExitStatus is that of a process that has ended, from 0 to 255, as Attach returns it.
	// It is 0, and says nothing, if ToldToEnd or Broken are set.
	ExitStatus int `json:",omitempty"`

	// ToldToEnd means that the pod was told to end while the process ran, see [ErrStopped].
	ToldToEnd bool `json:",omitempty"`

	// Delivered is up to where clients have the output. It stays at 0 for the stdout of a
	// process with ReplayStdout. [DeliverLeftover] goes on there.
	Delivered Delivered

	// Broken is why init could not keep all of its output, in words. It is empty if init
	// could.
	Broken string `json:",omitempty"`
}

// Processes returns what init was asked to run and started, in no order: a pod in which none
// is running is idle. A process stays known as long as init does, whether or not a client
// ever attached to it or took its output; what was not taken stays in init's state
// directory, see [DeliverLeftover].
//
// It is a claim: whatever runs in the pod may say it. An init of an earlier version can't
// say, which is a [GoneError].
func (c *Client) Processes(ctx context.Context) ([]ProcessState, error) {
	var states []ProcessState
	err := c.inquire(ctx, protocol.PathProcesses, maxProcessesAnswer, func(decoder *json.Decoder) (err error) {
		states, err = decodeProcesses(decoder)
		return err
	})
	if err != nil {
		return nil, err
	}
	return states, nil
}

// decodeProcesses reads one after the other, so that what a pod says in few bytes each takes
// no more memory than their number allows.
func decodeProcesses(decoder *json.Decoder) ([]ProcessState, error) {
	begin, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	if begin != json.Delim('[') {
		return nil, errors.New("it is no list of processes")
	}
	var states []ProcessState
	for decoder.More() {
		if len(states) == maxProcesses {
			return nil, fmt.Errorf("it tells of more than %d processes", maxProcesses)
		}
		var state ProcessState
		if err := decoder.Decode(&state); err != nil {
			return nil, err
		}
		if err := state.check(); err != nil {
			return nil, err
		}
		state.Broken = said(state.Broken)
		states = append(states, state)
	}
	_, err = decoder.Token()
	return states, err
}

// check refuses what init would not say.
func (s ProcessState) check() error {
	if s.ID == "" || len(s.ID) > maxProcessID {
		return fmt.Errorf("it tells of a process with an ID of %d bytes", len(s.ID))
	}
	if s.ExitStatus < 0 || s.ExitStatus > maxExitStatus {
		return fmt.Errorf("it tells of the exit status %d", s.ExitStatus)
	}
	if s.ExitStatus != 0 && (s.Running || s.ToldToEnd || s.Broken != "") {
		return fmt.Errorf("it tells of the exit status %d of a process that has none", s.ExitStatus)
	}
	if s.Delivered.Stdout < 0 || s.Delivered.Stderr < 0 {
		return errors.New("it tells of output that was delivered before there was any")
	}
	return nil
}
