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

// maxLeftover is the most of a stream that is taken from an init that was killed.
// A process in the pod may have made the file as long as it liked.
const maxLeftover = 16 << 20

// DeliverLeftover delivers what an init that was killed kept of a process' output
// and had not delivered. It follows no link out of the state directory, where a
// process in the pod that is root there can put one.
func DeliverLeftover(stateDir, id string, streams ProcessIO) error {
	if streams.Delivered == nil {
		return nil
	}
	return errors.Join(
		copyLeftover(protocol.OutputFile(stateDir, id, protocol.Stdout), streams.Delivered.Stdout, streams.Stdout),
		copyLeftover(protocol.OutputFile(stateDir, id, protocol.Stderr), streams.Delivered.Stderr, streams.Stderr),
	)
}

func copyLeftover(path string, from int64, to io.Writer) error {
	if to == nil || from < 0 {
		return nil
	}
	file, err := openRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read what is left of a process' output: %w", err)
	}
	defer file.Close()
	if _, err := io.Copy(&outputCopy{outputstream.DestinationOf(to), from}, io.NewSectionReader(file, from, maxLeftover)); err != nil {
		return fmt.Errorf("read what is left of a process' output: %w", err)
	}
	return nil
}

// outputCopy writes output from a position on.
type outputCopy struct {
	to       outputstream.Destination
	position int64
}

func (c *outputCopy) Write(data []byte) (int, error) {
	if _, err := c.to.WriteOutput(data, c.position); err != nil {
		return 0, err
	}
	c.position += int64(len(data))
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
