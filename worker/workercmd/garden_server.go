package workercmd

import (
	"context"
	"fmt"
	"os"
	"time"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3"

	"github.com/concourse/concourse-kubernetes/worker/endpoint"
	"github.com/concourse/concourse-kubernetes/worker/gardenserver"
)

// stopTimeout is how long requests in progress may take to be answered once the
// backend was stopped.
const stopTimeout = 10 * time.Second

// gardenServer serves a backend over Garden's HTTP API until it is signalled.
type gardenServer struct {
	backend garden.Backend
	at      endpoint.Endpoint
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
	listener, err := s.at.Listen()
	if err != nil {
		return fmt.Errorf("serve Garden: %w", err)
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
