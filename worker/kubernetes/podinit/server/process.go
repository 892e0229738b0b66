package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/concourse/concourse-kubernetes/worker/broadcast"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
)

// process is a process that was started, running or not.
type process struct {
	id       string
	pid      int
	stdin    *stdin
	terminal *os.File // nil without one
	outputs  []*output

	replayStdout bool

	// maxKept is the most of an output that is kept for clients before the process is held up, in bytes.
	maxKept int64

	// killsBefore is the count of out of memory kills when it was started.
	killsBefore int

	mu      sync.Mutex
	changed broadcast.Broadcast // sends with every change of what follows
	exited  bool                // the process itself has ended
	ended   bool                // and so has its output
	status  int
	err     error // why output is missing, or the status says nothing
}

// start runs a command in a session of its own.
func (s *Server) start(id string, c command) (*process, error) {
	stdio, err := openStdio(c.terminal, c.account.Identity)
	if err != nil {
		return nil, err
	}
	p := &process{
		id:       id,
		stdin:    &stdin{file: stdio.stdin, terminal: stdio.terminal != nil},
		terminal: stdio.terminal,
		outputs:  stdio.outputs,

		replayStdout: c.replayStdout,
		maxKept:      s.config.MaxKept,
		killsBefore:  outOfMemoryKills(),
	}
	files, err := p.createFiles(s.config.StateDir)
	if err != nil {
		return nil, errors.Join(err, stdio.close())
	}
	attributes := &syscall.ProcAttr{
		Dir:   c.dir,
		Env:   c.env,
		Files: stdio.descriptors(),
		Sys:   &syscall.SysProcAttr{Setsid: true, Setctty: p.terminal != nil, Credential: c.account.credential()},
	}
	err = s.reaper.fork(p, func() (int, error) { return syscall.ForkExec(c.path, c.argv, attributes) })
	if err != nil {
		closeAll(files...)
		stdio.close()
		return nil, fmt.Errorf("start %s as uid %d in %s: %w", c.path, c.account.UID, c.dir, err)
	}
	stdio.closeChildEnds()
	if !c.unlogged {
		s.logOutput(p)
	}
	go p.keepAll(files)
	return p, nil
}

// credential is nil if init can't change users, and has the right one.
func (i Identity) credential() *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	credential := &syscall.Credential{Uid: uint32(i.UID), Gid: uint32(i.GID)}
	for _, group := range i.Groups {
		credential.Groups = append(credential.Groups, uint32(group))
	}
	return credential
}

func (p *process) createFiles(stateDir string) ([]*os.File, error) {
	var files []*os.File
	for _, o := range p.outputs {
		o.path = protocol.OutputFile(stateDir, p.id, o.kind)
		file, err := os.OpenFile(o.path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			closeAll(files...)
			return nil, fmt.Errorf("create a file for the process' output: %w", err)
		}
		files = append(files, file)
	}
	return files, nil
}

// keepAll copies the outputs to their files and ends when the process and its
// output have.
func (p *process) keepAll(files []*os.File) {
	var streams sync.WaitGroup
	for i, o := range p.outputs {
		streams.Go(func() {
			if err := p.keep(o, files[i]); err != nil {
				p.update(func() { p.err = err })
			}
		})
	}
	p.await(context.Background(), func() bool { return p.exited })
	for _, o := range p.outputs {
		o.endSoon()
	}
	streams.Wait()
	p.noteOutOfMemory()
	p.update(func() {
		p.ended = true
		p.stdin.file.Close()
	})
}

// exit is called when the process was reaped.
func (p *process) exit(status syscall.WaitStatus) {
	p.update(func() {
		p.exited = true
		p.status = status.ExitStatus()
		if status.Signaled() {
			p.status = 128 + int(status.Signal())
		}
	})
}

func (p *process) state() podinit.ProcessState {
	p.mu.Lock()
	defer p.mu.Unlock()
	state := podinit.ProcessState{ID: p.id, Running: !p.ended, Delivered: p.delivered()}
	switch {
	case errors.Is(p.err, podinit.ErrStopped):
		state.ToldToEnd = true
	case p.err != nil:
		state.Broken = p.err.Error()
	case p.ended:
		state.ExitStatus = p.status
	}
	return state
}

// delivered is up to where clients have the outputs. The mutex is held.
func (p *process) delivered() podinit.Delivered {
	var delivered podinit.Delivered
	for _, o := range p.outputs {
		if o.kind == protocol.Stdout {
			delivered.Stdout = o.acknowledged
		} else {
			delivered.Stderr = o.acknowledged
		}
	}
	return delivered
}

func (p *process) resize(size podinit.WindowSize) error {
	if p.terminal == nil {
		return fmt.Errorf("resize the terminal of process %q: it was started without one", p.id)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return nil
	}
	if err := resize(p.terminal, size); err != nil {
		return fmt.Errorf("resize the terminal of process %q: %w", p.id, err)
	}
	return nil
}

// update changes the process' state and wakes all who wait for a change.
func (p *process) update(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	p.changed.Send()
}

// await waits until a condition of the process' state holds, or for the context's error.
func (p *process) await(ctx context.Context, condition func() bool) error {
	for {
		p.mu.Lock()
		holds, changed := condition(), p.changed.Next()
		p.mu.Unlock()
		if holds {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
