package kubernetes_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"syscall"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// initPID is the process ID of every fakeInit.
const initPID = 4711

// errGone is what there is of a socket that a step removed.
var errGone = &podinit.GoneError{Doing: "ask the pod's init", Err: errors.New("no such file or directory")}

// fakeInit runs processes that write "output\n" and end when told to.
type fakeInit struct {
	mu       sync.Mutex
	pings    int
	silent   bool
	startErr error

	whenStarted func()
	processes   []podinit.ProcessState

	started   []podinit.ProcessSpec
	resized   []podinit.WindowSize
	signals   []syscall.Signal
	signalErr error
	attachErr error
	stopped   []bool
	stopErr   error
	attached  int
	stdin     string

	exit chan int
	// stop tells it to end while a process runs.
	stop chan struct{}
	dead chan struct{}
}

var _ kubernetes.Init = (*fakeInit)(nil)
var _ kubernetes.Init = (*podinit.Client)(nil)

func newFakeInit() *fakeInit {
	return &fakeInit{exit: make(chan int, 1), stop: make(chan struct{}), dead: make(chan struct{})}
}

func (f *fakeInit) Ping(context.Context) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pings++
	if f.silent {
		return "", errors.New("connection refused")
	}
	return "", nil
}

func (f *fakeInit) Processes(context.Context) ([]podinit.ProcessState, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.silent {
		return nil, errors.New("connection refused")
	}
	return f.processes, nil
}

// tell has init tell of a process from now on.
func (f *fakeInit) tell(process podinit.ProcessState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.processes = append(slices.DeleteFunc(f.processes, func(known podinit.ProcessState) bool { return known.ID == process.ID }), process)
}

func (f *fakeInit) PID(context.Context) (int, error) { return initPID, nil }

// die breaks all connections.
func (f *fakeInit) die() {
	f.silence()
	close(f.dead)
}

func (f *fakeInit) silence() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.silent = true
}

func (f *fakeInit) answer() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.silent = false
}

func (f *fakeInit) Start(_ context.Context, spec podinit.ProcessSpec) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.startErr != nil {
		return f.startErr
	}
	if f.whenStarted != nil {
		f.whenStarted()
	}
	f.started = append(f.started, spec)
	return nil
}

func (f *fakeInit) Attach(ctx context.Context, id string, streams podinit.ProcessIO) (int, error) {
	f.mu.Lock()
	known := false
	for _, spec := range f.started {
		known = known || spec.ID == id
	}
	f.attached++
	f.mu.Unlock()
	if !known {
		return 0, &podinit.NoSuchProcessError{ID: id}
	}
	if f.attachErr != nil {
		return 0, f.attachErr
	}
	if streams.Stdout != nil {
		streams.Writing.Begin()
		written, _ := io.WriteString(streams.Stdout, "output\n")
		streams.Writing.End()
		streams.Delivered.Stdout = int64(written)
	}
	if streams.Stdin != nil {
		go f.readStdin(streams.Stdin)
	}
	select {
	case status := <-f.exit:
		return status, nil
	case <-f.stop:
		return 0, podinit.ErrStopped
	case <-f.dead:
		return 0, io.ErrUnexpectedEOF
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

func (f *fakeInit) readStdin(stdin io.Reader) {
	content, _ := io.ReadAll(stdin)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stdin = string(content)
}

func (f *fakeInit) Resize(_ context.Context, _ string, size podinit.WindowSize) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.resized = append(f.resized, size)
	return nil
}

func (f *fakeInit) Signal(_ context.Context, _ string, signal syscall.Signal) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.signals = append(f.signals, signal)
	return f.signalErr
}

func (f *fakeInit) Stop(_ context.Context, kill bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = append(f.stopped, kill)
	return f.stopErr
}

// forget has nothing be started.
func (f *fakeInit) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.started = nil
}

func (f *fakeInit) startedIDs() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var ids []string
	for _, spec := range f.started {
		ids = append(ids, spec.ID)
	}
	return ids
}

func (f *fakeInit) attachCount() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.attached
}

func (f *fakeInit) pingCount() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pings
}

func (f *fakeInit) stdinRead() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stdin
}
