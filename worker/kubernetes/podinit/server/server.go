package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
)

// deliveryTimeout is how long init's end waits for clients and the pod's log
// to take the rest of the output.
const deliveryTimeout = time.Second

// Config is what init is told about its pod.
type Config struct {
	SocketPath string
	StateDir   string

	// PodUID is the UID of the pod that this init is in. It is what init answers to a ping.
	PodUID string

	// ImageUser is who processes run as that ask for no user.
	ImageUser Identity

	// Log gets a copy of all output. It may block. Without one there is no copy.
	Log io.Writer

	// TerminationMessageFile is what the kubelet reads a container's last words from,
	// see [podinit.ServedMessage]. It has to be there, unless it is empty.
	TerminationMessageFile string

	// MaxKept is the most of an output that is kept for clients that are away or slow, in
	// bytes. A process that prints more waits for them.
	MaxKept int64

	// StopTimeout is the time between SIGTERM and SIGKILL.
	StopTimeout time.Duration
}

// Server is init.
type Server struct {
	config Config
	reaper *reaper
	// followers are those who still have output to deliver.
	followers sync.WaitGroup

	mu        sync.Mutex
	processes map[string]*process
}

// New returns an init that does nothing yet.
func New(config Config) *Server {
	return &Server{config: config, reaper: newReaper(), processes: map[string]*process{}}
}

// Run serves until the context is done, then stops the processes that it started and
// returns when they have ended and their output was delivered, if anyone takes it. The
// kernel kills what else is in the pod when its PID 1 ends.
func (s *Server) Run(ctx context.Context) error {
	if os.Getpid() != 1 {
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			return fmt.Errorf("become the reaper of orphans: %w", err)
		}
	}
	// A closed pod log must not end init. It is caught and not ignored because
	// processes inherit what is ignored.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	reaperCtx, stopReaper := context.WithCancel(context.WithoutCancel(ctx))
	defer stopReaper()
	go s.reaper.run(reaperCtx)

	listener, err := listen(s.config.SocketPath, s.config.StateDir)
	if err != nil {
		return err
	}
	if err := leaveServedMessage(s.config.TerminationMessageFile); err != nil {
		return errors.Join(err, listener.Close())
	}
	httpServer := &http.Server{Handler: s.routes()}
	failed := make(chan error, 1)
	go func() { failed <- httpServer.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve on the socket %s: %w", s.config.SocketPath, err)
	case <-ctx.Done():
	}
	s.disclaimStatuses()
	s.stop(reaperCtx, false)
	s.shutDown(httpServer)
	return nil
}

func listen(socketPath, stateDir string) (net.Listener, error) {
	if err := os.MkdirAll(stateDir, 0o700); err != nil {
		return nil, fmt.Errorf("create the state directory: %w", err)
	}
	if err := os.Remove(socketPath); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove the socket of an earlier init: %w", err)
	}
	listener, err := net.Listen("unix", socketPath)
	if err != nil {
		return nil, fmt.Errorf("listen for the worker: %w", err)
	}
	if err := os.Chmod(socketPath, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("keep others off the socket: %w", err), listener.Close())
	}
	return listener, nil
}

func (s *Server) shutDown(httpServer *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), deliveryTimeout)
	defer cancel()
	httpServer.Shutdown(ctx)
	delivered := make(chan struct{})
	go func() {
		s.followers.Wait()
		close(delivered)
	}()
	select {
	case <-delivered:
	case <-ctx.Done():
	}
}

// disclaimStatuses is called when the pod is to end, by its deletion or by an
// eviction: how a process that runs takes SIGTERM does not say whether it did what
// it is for. It may exit with 0.
func (s *Server) disclaimStatuses() {
	for _, p := range s.all() {
		p.update(func() {
			if !p.exited && p.err == nil {
				p.err = podinit.ErrStopped
			}
		})
	}
}

// logOutput copies a process' output to the pod's log, without the carriage
// returns that a terminal adds, unless one is the last byte of a piece.
func (s *Server) logOutput(p *process) {
	if s.config.Log == nil {
		return
	}
	followers, err := p.followers(map[protocol.Kind]bool{protocol.Stdout: true, protocol.Stderr: true})
	if err != nil {
		return
	}
	s.followers.Go(func() {
		p.follow(context.Background(), followers, func(frame protocol.Frame) error {
			data := frame.Data
			if p.terminal != nil {
				data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
			}
			_, err := s.config.Log.Write(data)
			return err
		})
	})
}
