package worker

import (
	"context"
	"io"
	"sync"

	"code.cloudfoundry.org/garden"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient/connection"

	"github.com/concourse/concourse-kubernetes/worker/outputstream"
)

// retrying attaches again to processes whose connection broke, as upstream does, and
// gives their output once to writers that do not know positions. The worker sends the
// stdout of a get and a put from its beginning to each attach.
func retrying(conn connection.Connection) connection.Connection {
	return onceConnection{gclient.NewRetryableConnection(conn)}
}

type onceConnection struct{ connection.Connection }

func (c onceConnection) Run(ctx context.Context, handle string, spec garden.ProcessSpec, streams garden.ProcessIO) (garden.Process, error) {
	return c.Connection.Run(ctx, handle, spec, once(streams))
}

func (c onceConnection) Attach(ctx context.Context, handle, processID string, streams garden.ProcessIO) (garden.Process, error) {
	return c.Connection.Attach(ctx, handle, processID, once(streams))
}

func once(streams garden.ProcessIO) garden.ProcessIO {
	streams.Stdout, streams.Stderr = onceTo(streams.Stdout), onceTo(streams.Stderr)
	return streams
}

func onceTo(w io.Writer) io.Writer {
	if _, knows := w.(outputstream.Log); knows || w == nil {
		return w
	}
	return &onceWriter{to: w}
}

// onceWriter remembers what was written of an output and skips it. It lives as long
// as web follows the process, over all connections.
type onceWriter struct {
	mu      sync.Mutex
	to      io.Writer
	written int64
}

var _ outputstream.Destination = (*onceWriter)(nil)

// WriteOutput begins with the first position that it is given.
func (w *onceWriter) WriteOutput(data []byte, position int64) (taken int64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.written = max(w.written, position)
	end := position + int64(len(data))
	if unseen := end - w.written; unseen > 0 {
		err = w.write(data[int64(len(data))-unseen:])
	}
	return min(w.written, end), err
}

// Write is for the output of a worker that says no positions.
func (w *onceWriter) Write(data []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.written
	err := w.write(data)
	return int(w.written - before), err
}

func (w *onceWriter) write(data []byte) error {
	n, err := w.to.Write(data)
	w.written += int64(n)
	return err
}
