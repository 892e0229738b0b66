package server

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
)

func (s *Server) handleAttach(w http.ResponseWriter, r *http.Request) {
	request, err := decode[protocol.AttachRequest](r)
	if err != nil {
		fail(w, err)
		return
	}
	p, err := s.find(request.ID)
	if err != nil {
		fail(w, err)
		return
	}
	followers, err := p.followers(map[protocol.Kind]bool{
		protocol.Stdout: request.Stdout,
		protocol.Stderr: request.Stderr,
	})
	if err != nil {
		fail(w, fmt.Errorf("read the kept output of process %q: %w", p.id, err))
		return
	}
	s.followers.Add(1)
	defer s.followers.Done()
	conn, reader, err := upgrade(w)
	if err != nil {
		closeAll(followers...)
		return
	}
	p.stdin.claim(request.Stdin)
	p.serve(conn, reader, followers)
}

func upgrade(w http.ResponseWriter) (net.Conn, *bufio.Reader, error) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	_, err = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n"+
		"Connection: Upgrade\r\nUpgrade: "+protocol.Upgrade+"\r\n\r\n")
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return conn, buffered.Reader, nil
}

// serve sends output until its end and returns when the client has taken
// leave, which it does after its last acknowledgement.
func (p *process) serve(conn net.Conn, acknowledgements io.Reader, followers []*follower) {
	ctx, leave := context.WithCancel(context.Background())
	go func() {
		// Closed here, as sending may be blocked by a client that is gone.
		defer conn.Close()
		defer leave()
		p.receiveAcknowledgements(acknowledgements)
	}()
	status, err := p.follow(ctx, followers, func(frame protocol.Frame) error {
		return protocol.WriteFrame(conn, frame)
	})
	protocol.WriteFrame(conn, lastFrame(status, err))
	<-ctx.Done()
}

func lastFrame(status int, err error) protocol.Frame {
	switch {
	case err == nil:
		return protocol.Frame{Kind: protocol.Exit, Data: binary.BigEndian.AppendUint32(nil, uint32(status))}
	case errors.Is(err, podinit.ErrStopped):
		return protocol.Frame{Kind: protocol.Stopped}
	default:
		return protocol.Frame{Kind: protocol.Broken, Data: []byte(err.Error())}
	}
}

func (p *process) receiveAcknowledgements(r io.Reader) {
	for {
		frame, err := protocol.ReadFrame(r, nil)
		if err != nil || frame.Kind == protocol.Done {
			return
		}
		p.acknowledge(frame.Kind, frame.Offset)
	}
}
