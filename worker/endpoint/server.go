package endpoint

import (
	"context"
	"net"
	"net/http"
	"os"
	"time"
)

const (
	// endPatience is how long requests in progress may take once the server is to end.
	endPatience = time.Minute

	// headerPatience and idlePatience are how long a client may take to say what it
	// wants, at first and after an answer. Each connection is an open file.
	headerPatience, idlePatience = 30 * time.Second, 2 * time.Minute
)

// Server runs an HTTP server until it is signalled. It is an ifrit.Runner.
type Server struct {
	// Listen is called once, when the server starts.
	Listen  func() (net.Listener, error)
	Handler http.Handler
}

// Run serves, and is ready once it listens.
func (s Server) Run(signals <-chan os.Signal, ready chan<- struct{}) error {
	listener, err := s.Listen()
	if err != nil {
		return err
	}
	server := &http.Server{Handler: s.Handler, ReadHeaderTimeout: headerPatience, IdleTimeout: idlePatience}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	close(ready)

	select {
	case err := <-served:
		return err
	case <-signals:
	}
	patience, cancel := context.WithTimeout(context.Background(), endPatience)
	defer cancel()
	if server.Shutdown(patience) != nil {
		server.Close() // what is still in progress is given up
	}
	return nil
}
