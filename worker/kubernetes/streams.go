package kubernetes

import (
	"context"
	"errors"
	"io"

	"code.cloudfoundry.org/garden"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

func windowSize(tty *garden.TTYSpec) *podinit.WindowSize {
	if tty == nil {
		return nil
	}
	if tty.WindowSize == nil {
		return &podinit.WindowSize{Columns: 80, Rows: 24}
	}
	return &podinit.WindowSize{Columns: tty.WindowSize.Columns, Rows: tty.WindowSize.Rows}
}

// stdinOf detaches when the client is gone. Garden's server says so by breaking
// its pipe; it takes no notice of output that it can't deliver, which is then
// better left with init for the next client.
func stdinOf(stdin io.Reader, detach context.CancelCauseFunc) io.Reader {
	if stdin == nil {
		return nil
	}
	return &clientInput{stdin, detach}
}

type clientInput struct {
	io.Reader
	detach context.CancelCauseFunc
}

func (c *clientInput) Read(buffer []byte) (int, error) {
	n, err := c.Reader.Read(buffer)
	if err != nil && !errors.Is(err, io.EOF) {
		c.detach(errClientGone)
	}
	return n, err
}
