package server

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
)

// follower reads one output of a process from its file.
type follower struct {
	process *process
	output  *output
	file    *os.File
	offset  int64 // written under the process' mutex
}

// Close closes the follower's file, of which it needs nothing more.
func (f *follower) Close() error {
	f.process.mu.Lock()
	defer f.process.mu.Unlock()
	delete(f.output.followers, f)
	f.output.free()
	return f.file.Close()
}

// sent goes on to what comes after the next n bytes.
func (f *follower) sent(n int) {
	f.process.mu.Lock()
	defer f.process.mu.Unlock()
	f.offset += int64(n)
	f.output.free()
}

// follow sends output as it comes until the process has ended and all was
// sent, and returns the process' exit status. It closes the followers.
func (p *process) follow(ctx context.Context, followers []*follower, send func(protocol.Frame) error) (int, error) {
	defer closeAll(followers...)
	buffer := make([]byte, protocol.MaxData)
	for {
		// Taken first, so that no change after it goes unseen.
		p.mu.Lock()
		changed, ended, status, err := p.changed.Next(), p.ended, p.status, p.err
		p.mu.Unlock()

		sent := false
		for _, f := range followers {
			n, err := f.file.ReadAt(buffer, f.offset)
			if err != nil && !errors.Is(err, io.EOF) {
				return 0, err
			}
			if n == 0 {
				continue
			}
			if err := send(protocol.Frame{Kind: f.output.kind, Offset: f.offset, Data: buffer[:n]}); err != nil {
				return 0, err
			}
			f.sent(n)
			sent = true
		}
		switch {
		case sent:
		case ended:
			return status, err
		default:
			select {
			case <-changed:
			case <-ctx.Done():
				return 0, context.Cause(ctx)
			}
		}
	}
}

// followers start at the byte after the last acknowledged.
func (p *process) followers(wanted map[protocol.Kind]bool) ([]*follower, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var followers []*follower
	for _, o := range p.outputs {
		if !wanted[o.kind] {
			continue
		}
		file, err := os.Open(o.path)
		if err != nil {
			return nil, err
		}
		f := &follower{process: p, output: o, file: file, offset: o.acknowledged}
		o.followers[f] = struct{}{}
		followers = append(followers, f)
	}
	return followers, nil
}

// acknowledge takes note of output that a client has and that no other client
// is to get.
func (p *process) acknowledge(kind protocol.Kind, offset int64) {
	if p.replays(kind) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, o := range p.outputs {
		if o.kind != kind {
			continue
		}
		wasFull := p.isFull(o)
		o.acknowledged = max(o.acknowledged, offset)
		o.free()
		if wasFull && !p.isFull(o) {
			p.changed.Send()
		}
	}
}

// replays says whether each client gets all of an output.
func (p *process) replays(kind protocol.Kind) bool {
	return p.replayStdout && kind == protocol.Stdout
}
