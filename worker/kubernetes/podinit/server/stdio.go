package server

import (
	"errors"
	"fmt"
	"os"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
)

// stdio is init's end and the process' end of a process' three streams.
type stdio struct {
	stdin    *os.File
	terminal *os.File // the same as stdin, or nil
	outputs  []*output
	child    []*os.File // by descriptor; closed once the process has its own
}

func openStdio(size *podinit.WindowSize, owner Identity) (*stdio, error) {
	if size != nil {
		return openTerminal(*size, owner)
	}
	s := &stdio{}
	in, childIn, err := openPipe(true, owner)
	if err != nil {
		return nil, err
	}
	s.stdin, s.child = in, append(s.child, childIn)
	for _, kind := range []protocol.Kind{protocol.Stdout, protocol.Stderr} {
		source, child, err := openPipe(false, owner)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		s.outputs = append(s.outputs, newOutput(kind, source))
		s.child = append(s.child, child)
	}
	return s, nil
}

func openTerminal(size podinit.WindowSize, owner Identity) (*stdio, error) {
	master, slave, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open a terminal: %w", err)
	}
	defer master.Close()
	// pty.Open leaves its file in blocking mode, which knows no deadlines.
	in, inErr := duplicate(master)
	out, outErr := duplicate(master)
	if err := errors.Join(inErr, outErr); err != nil {
		return nil, errors.Join(err, closeAll(in, out, slave))
	}
	s := &stdio{
		stdin:    in,
		terminal: in,
		outputs:  []*output{newOutput(protocol.Stdout, out)},
		child:    []*os.File{slave, slave, slave},
	}
	err = errors.Join(slave.Chown(owner.UID, owner.GID), resize(in, size))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("set up a terminal: %w", err), s.close())
	}
	return s, nil
}

func duplicate(file *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("duplicate a terminal: %w", err)
	}
	return pollable(fd)
}

func (s *stdio) descriptors() []uintptr {
	var descriptors []uintptr
	for _, file := range s.child {
		descriptors = append(descriptors, file.Fd())
	}
	return descriptors
}

func (s *stdio) closeChildEnds() { closeAll(s.child...) }

func (s *stdio) close() error {
	s.closeChildEnds()
	for _, output := range s.outputs {
		output.source.Close()
	}
	return s.stdin.Close()
}

// control calls a function with a file's descriptor and leaves its mode alone,
// as Fd does not.
func control(file *os.File, call func(fd int) error) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var callErr error
	err = raw.Control(func(fd uintptr) { callErr = call(int(fd)) })
	return errors.Join(err, callErr)
}

func resize(terminal *os.File, size podinit.WindowSize) error {
	return control(terminal, func(fd int) error {
		return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: size.Columns, Row: size.Rows})
	})
}
