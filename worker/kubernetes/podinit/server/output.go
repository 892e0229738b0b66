package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
)

// maxPipe is the most that the kernel keeps in a pipe.
const maxPipe = 1 << 20

// drainTime is what children that outlive their process get to end their
// output, for those that end right after it (as of `exec > >(tee log)`).
const drainTime = 100 * time.Millisecond

// output is one stream of a process on its way to a file.
type output struct {
	kind   protocol.Kind
	source *os.File
	path   string

	// What follows is guarded by the process' mutex: how much of it came, how much
	// clients have, how much is no longer in the file, and who reads it.
	written, acknowledged, freed int64
	followers                    map[*follower]struct{}
}

func newOutput(kind protocol.Kind, source *os.File) *output {
	return &output{kind: kind, source: source, followers: map[*follower]struct{}{}}
}

// keep copies a stream to its file until the stream's end, or until the time
// that endSoon set.
func (p *process) keep(o *output, file *os.File) error {
	defer o.source.Close()
	defer file.Close()
	buffer := make([]byte, protocol.MaxData)
	for {
		p.awaitRoom(o)
		n, err := o.source.Read(buffer)
		if writeErr := p.write(o, file, buffer[:n]); writeErr != nil {
			return writeErr
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return p.drain(o, file, buffer)
		}
		if err != nil {
			// A terminal whose last process is gone says EIO, not EOF.
			return nil
		}
	}
}

// drain takes what is there already from a stream that someone holds open.
func (p *process) drain(o *output, file *os.File, buffer []byte) error {
	if err := o.source.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	raw, err := o.source.SyscallConn()
	if err != nil {
		return err
	}
	for drained := 0; drained < maxPipe; {
		var n int
		err := raw.Read(func(fd uintptr) bool {
			n, _ = unix.Read(int(fd), buffer)
			return true
		})
		if err != nil || n <= 0 {
			return nil
		}
		if err := p.write(o, file, buffer[:n]); err != nil {
			return err
		}
		drained += n
	}
	return nil
}

func (p *process) write(o *output, file *os.File, data []byte) error {
	if len(data) == 0 {
		return nil
	}
	if _, err := file.Write(data); err != nil {
		return fmt.Errorf("keep its output in the container's state directory: %w", err)
	}
	p.update(func() { o.written += int64(len(data)) })
	return nil
}

// awaitRoom holds up a process that prints faster than clients take it, by leaving its pipe
// full: its output would fill the node's disk. What is in the pipe of a process that has
// ended is little, and is taken. Output that each client gets all of is never acknowledged.
func (p *process) awaitRoom(o *output) {
	if p.replays(o.kind) {
		return
	}
	p.await(context.Background(), func() bool { return p.exited || !p.isFull(o) })
}

// isFull says whether as much is kept for clients as may be. The process' mutex is held.
func (p *process) isFull(o *output) bool { return o.written-o.acknowledged >= p.maxKept }

func (o *output) endSoon() {
	o.source.SetReadDeadline(time.Now().Add(drainTime))
}

// openPipe returns a pipe with an end for init and one for a process of that
// user, who may open it again by name (as /dev/stdout).
func openPipe(initWrites bool, owner Identity) (ours, theirs *os.File, err error) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, fmt.Errorf("make a pipe: %w", err)
	}
	our, their := ends[0], ends[1]
	if initWrites {
		our, their = their, our
	}
	theirs = os.NewFile(uintptr(their), "pipe")
	ours, err = pollable(our)
	err = errors.Join(err, theirs.Chown(owner.UID, owner.GID))
	if err != nil {
		return nil, nil, errors.Join(err, closeAll(ours, theirs))
	}
	return ours, theirs, nil
}

// pollable makes a file of a descriptor that takes deadlines.
func pollable(fd int) (*os.File, error) {
	if err := syscall.SetNonblock(fd, true); err != nil {
		return nil, errors.Join(err, syscall.Close(fd))
	}
	return os.NewFile(uintptr(fd), "process"), nil
}

func closeAll[C io.Closer](closers ...C) error {
	var errs []error
	for _, closer := range closers {
		errs = append(errs, closer.Close())
	}
	return errors.Join(errs...)
}
