package supervise

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

	"golang.org/x/sys/unix"
)

func (s Service) start(ctx context.Context) error {
	if s.Prepare != nil {
		if err := s.Prepare(ctx); err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
	}
	log, err := s.openLog()
	if err != nil {
		return err
	}
	defer log.Close()
	command, err := s.command(log)
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("start %s: %w", s.Command[0], err)
	}

	started, err := processOf(command.Process.Pid)
	go command.Wait() // else it stays a zombie as long as we live
	if errors.Is(err, ErrNoProcess) {
		return s.death()
	}
	if err != nil {
		return err
	}
	return s.writePidFile(started)
}

func (s Service) openLog() (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(s.LogFile()), 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(s.LogFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
}

func (s Service) command(log *os.File) (*exec.Cmd, error) {
	credential, err := CredentialOf(s.User)
	if err != nil {
		return nil, err
	}
	command := exec.Command(s.Command[0], s.Command[1:]...)
	command.Dir = "/"
	command.Env = append([]string{}, s.Environment...) // nil would inherit ours
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: credential}
	if s.OwnNamespaces {
		command.SysProcAttr.Cloneflags = unix.CLONE_NEWPID
		command.SysProcAttr.Unshareflags = unix.CLONE_NEWNS
	}
	return command, nil
}

func (s Service) writePidFile(started Process) error {
	content, err := json.Marshal(started)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.pidFile()), 0o755); err != nil {
		return err
	}
	return os.WriteFile(s.pidFile(), content, 0o644)
}

// CredentialOf returns what a process of the user of that name runs with, nil if the
// name is empty: it then runs with our own.
func CredentialOf(name string) (*syscall.Credential, error) {
	if name == "" {
		return nil, nil
	}
	found, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(found.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("id of user %s: %w", name, err)
	}
	gid, err := strconv.ParseUint(found.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("group id of user %s: %w", name, err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
