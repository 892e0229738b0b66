package podinit

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"github.com/concourse/concourse-kubernetes/worker/found"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
	"github.com/concourse/concourse-kubernetes/worker/outputstream"
)

// maxLeftover is the most of a stream that is taken from an init that has ended: what it
// keeps, and what it takes beyond that of a process that has ended.
// A process in the pod may have made the file as long as it liked.
const maxLeftover = MaxKept + 2<<20

// DeliverLeftover delivers what an init that has ended kept of a process' output and had not
// delivered, and a note after the last of its outputs, which is stderr where the client wants
// that. It begins at the positions in streams.Delivered, and keeps those up to date, the note
// aside: what was delivered does not come again. A client of a process with ReplayStdout
// gets all of stdout if the position of stdout is 0.
//
// It follows no link out of the state directory, where a process in the pod that is root
// there can put one.
func DeliverLeftover(stateDir, id string, streams ProcessIO, note string) error {
	var errs []error
	var last *leftover
	for _, kind := range []protocol.Kind{protocol.Stdout, protocol.Stderr} {
		left := leftoverOf(stateDir, id, kind, streams)
		if left == nil {
			continue
		}
		errs = append(errs, left.deliver())
		if streams.Delivered != nil {
			*streams.Delivered.of(kind) = left.taken
		}
		last = left
	}
	if last != nil && note != "" {
		_, err := io.WriteString(last, note)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// leftover is an output of which some is left. What is written to it goes to its
// destination, after what was written before.
type leftover struct {
	path string
	to   outputstream.Destination
	// position is from where on the output is to be delivered, below zero if that is
	// not known.
	position int64
	// taken is up to where the client has it for good.
	taken int64
}

// leftoverOf returns nil for an output that the client does not want.
func leftoverOf(stateDir, id string, kind protocol.Kind, streams ProcessIO) *leftover {
	to := streams.Stdout
	if kind == protocol.Stderr {
		to = streams.Stderr
	}
	if to == nil {
		return nil
	}
	position := int64(-1)
	if streams.Delivered != nil {
		position = *streams.Delivered.of(kind)
	}
	return &leftover{
		path:     protocol.OutputFile(stateDir, id, kind),
		to:       outputstream.DestinationOf(to),
		position: position,
		taken:    position,
	}
}

func (l *leftover) deliver() error {
	file, err := openRegular(l.path)
	if err != nil {
		l.position = max(l.position, 0)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read what is left of a process' output: %w", err)
	}
	defer file.Close()
	if err := l.findPosition(file); err != nil {
		return fmt.Errorf("find out where what is left of a process' output begins: %w", err)
	}
	if _, err := io.Copy(l, io.NewSectionReader(file, l.position, maxLeftover)); err != nil {
		return fmt.Errorf("deliver what is left of a process' output: %w", err)
	}
	return nil
}

// findPosition is for a worker that was restarted and does not know what was
// delivered. Init may have freed the beginning, which reads as zeros then. A client
// that remembers had that, and skips it. To any other client all counts as delivered.
func (l *leftover) findPosition(file *os.File) error {
	if l.position >= 0 {
		return nil
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	l.position = info.Size()
	if client, ok := l.to.(outputstream.Rememberer); ok && client.Remembers() {
		l.position = max(0, info.Size()-maxLeftover)
	}
	return nil
}

func (l *leftover) Write(data []byte) (int, error) {
	taken, err := l.to.WriteOutput(data, l.position)
	l.taken = taken
	if err != nil {
		return 0, err
	}
	l.position += int64(len(data))
	return len(data), nil
}

// openRegular opens a regular file and nothing else.
func openRegular(path string) (*os.File, error) {
	file, err := found.At(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	kind, err := found.Kind(file)
	if err != nil {
		return nil, err
	}
	if kind != unix.S_IFREG {
		return nil, fmt.Errorf("%s is not a regular file: something in the pod replaced it", path)
	}
	return found.Open(file)
}
