package workercmd

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3"

	"github.com/concourse/concourse-kubernetes/worker/gardenserver"
)

// stopTimeout is how long requests in progress may take to be answered once the
// backend was stopped.
const stopTimeout = 10 * time.Second

// gardenServer serves a backend over Garden's HTTP API until it is signalled.
type gardenServer struct {
	backend garden.Backend
	address string
	logger  lager.Logger
}

func (s gardenServer) Run(signals <-chan os.Signal, ready chan<- struct{}) error {
	if err := s.backend.Start(); err != nil {
		return fmt.Errorf("start the Kubernetes runtime: %w", err)
	}

	server, err := gardenserver.New(s.backend, s.logger)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		return fmt.Errorf("serve Garden: %w: choose another --bind-ip or --bind-port", err)
	}

	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	close(ready)

	select {
	case <-signals:
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		return server.Stop(ctx)
	case err := <-served:
		return err
	}
}
