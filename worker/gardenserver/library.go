package gardenserver

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/garden/server"
	"code.cloudfoundry.org/lager/v3"
)

// library is Garden's own server, which shows its handler only as what answers
// on a listener.
type library struct {
	server   *server.GardenServer
	listener *memoryListener
	logger   lager.Logger
}

func newLibrary(backend garden.Backend, logger lager.Logger) (*library, error) {
	listener := newMemoryListener()
	served := server.New("", "", 0, 0, backend, logger)
	if err := served.SetupBomberman(); err != nil {
		return nil, fmt.Errorf("set up Garden's server: %w", err)
	}
	return &library{served, listener, logger}, nil
}

// handler hands requests on to the library.
func (l *library) handler() http.Handler {
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "garden"})
	proxy.Transport = &http.Transport{DialContext: l.listener.dial, DisableKeepAlives: true}
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, err error) {
		l.logger.Info("failed-to-answer", lager.Data{"error": err.Error()})
		w.WriteHeader(http.StatusBadGateway)
	}
	return proxy
}

// memoryListener is a listener within this process.
type memoryListener struct {
	conns     chan net.Conn
	closed    chan struct{}
	closeOnce sync.Once
}

func newMemoryListener() *memoryListener {
	return &memoryListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *memoryListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error {
	l.closeOnce.Do(func() { close(l.closed) })
	return nil
}

func (l *memoryListener) Addr() net.Addr {
	return &net.UnixAddr{Name: "garden", Net: "memory"}
}
