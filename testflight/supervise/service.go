package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	readyPatience = 2 * time.Minute
	readyInterval = 50 * time.Millisecond
	stopPatience  = 10 * time.Second
	linesOfLog    = 20
)

// part is a daemon of the cluster. It is a process of its own session, so it
// outlives the program that started it; its pid file and log are below dir.
type part struct {
	name        string
	dir         string
	command     []string
	environment []string
	// user runs it, root if empty.
	user string
	// ownNamespaces has it run as the first process of a PID namespace and in a
	// mount namespace.
	ownNamespaces bool
	// prepare makes what it needs before it is started, its configuration say.
	prepare func(context.Context) error
	// stopSignal asks it to end, SIGTERM if unset.
	stopSignal unix.Signal
	// ready returns nil as soon as the part does its work.
	ready func(context.Context) error
}

func (p part) pidFile() string { return filepath.Join(p.dir, "pids", p.name+".json") }
func (p part) logFile() string { return filepath.Join(p.dir, "logs", p.name+".log") }

// run starts the part if it isn't alive, and waits until it is ready.
func (p part) run(ctx context.Context) error {
	_, err := p.process()
	if errors.Is(err, errNoProcess) {
		err = p.start(ctx)
	}
	if err != nil {
		return err
	}
	return p.awaitReady(ctx)
}

// process returns the part's process, errNoProcess if it isn't alive.
func (p part) process() (process, error) {
	written, err := os.ReadFile(p.pidFile())
	if errors.Is(err, os.ErrNotExist) {
		return process{}, errNoProcess
	}
	if err != nil {
		return process{}, err
	}
	var started process
	if err := json.Unmarshal(written, &started); err != nil {
		return process{}, fmt.Errorf("pid file %s: %w", p.pidFile(), err)
	}
	if !started.alive() {
		return process{}, errNoProcess
	}
	return started, nil
}

func (p part) start(ctx context.Context) error {
	for _, file := range []string{p.pidFile(), p.logFile()} {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
	}
	if p.prepare != nil {
		if err := p.prepare(ctx); err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
	}
	credential, err := credentialOf(p.user)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(p.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()

	command := exec.Command(p.command[0], p.command[1:]...)
	command.Dir = "/"
	// The environment is not inherited: a proxy set there must not come
	// between the kubelet and the registries.
	command.Env = append([]string{"PATH=" + systemPath, "HOME=/root", "LANG=C.UTF-8"}, p.environment...)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: credential}
	if p.ownNamespaces {
		command.SysProcAttr.Cloneflags = unix.CLONE_NEWPID
		command.SysProcAttr.Unshareflags = unix.CLONE_NEWNS
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.command[0], err)
	}

	started, err := processOf(command.Process.Pid)
	go command.Wait() // else it stays a zombie as long as we live
	if errors.Is(err, errNoProcess) {
		return p.death()
	}
	if err != nil {
		return err
	}
	return writeJSON(p.pidFile(), started)
}

// credentialOf returns what a process of that user has to run with, nil for our own.
func credentialOf(name string) (*syscall.Credential, error) {
	if name == "" {
		return nil, nil
	}
	uid, gid, err := idsOf(name)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

func idsOf(name string) (uid, gid int, err error) {
	found, err := user.Lookup(name)
	if err != nil {
		return 0, 0, err
	}
	uid, err = strconv.Atoi(found.Uid)
	if err != nil {
		return 0, 0, err
	}
	gid, err = strconv.Atoi(found.Gid)
	return uid, gid, err
}

func (p part) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyPatience)
	defer cancel()
	return await(ctx, func(ctx context.Context) (bool, error) {
		err := p.ready(ctx)
		if err == nil {
			return true, nil
		}
		if _, gone := p.process(); errors.Is(gone, errNoProcess) {
			return true, p.death()
		}
		return false, fmt.Errorf("is not ready, see %s: %w", p.logFile(), err)
	})
}

// await asks again until it is told that asking is over, and returns the last
// answer.
func await(ctx context.Context, ask func(context.Context) (over bool, err error)) error {
	ticker := time.NewTicker(readyInterval)
	defer ticker.Stop()
	var last error
	for {
		over, err := ask(ctx)
		if over {
			return err
		}
		// An answer that the context's end spoiled says less than the one before.
		if ctx.Err() == nil || last == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", last, ctx.Err())
		case <-ticker.C:
		}
	}
}

// stop ends the part. It is no error if it isn't alive.
func (p part) stop(ctx context.Context) error {
	alive, err := p.process()
	if errors.Is(err, errNoProcess) {
		return nil
	}
	if err != nil {
		return err
	}
	signal := p.stopSignal
	if signal == 0 {
		signal = unix.SIGTERM
	}
	if err := alive.end(ctx, signal, stopPatience); err != nil {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	return nil
}

// death is the error that says that the part has ended.
func (p part) death() error {
	tail, err := lastLines(p.logFile(), linesOfLog)
	if err != nil {
		tail = err.Error()
	}
	return fmt.Errorf("%s has died; the end of its log (%s):\n%s", p.name, p.logFile(), tail)
}
