package workercmd

import (
	"fmt"
	"os"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/garden/server"
	"code.cloudfoundry.org/lager/v3"

	"github.com/concourse/concourse-kubernetes/worker/endpoint"
)

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

	api := server.New(s.at.Network, s.at.Address, 0, 0, s.backend, s.logger)
	if err := api.SetupBomberman(); err != nil {
		return fmt.Errorf("set up the Garden server: %w", err)
	}
	listener, err := s.at.Listen()
	if err != nil {
		return fmt.Errorf("serve Garden: %w", err)
	}

	served := make(chan error, 1)
	go func() { served <- api.Serve(listener) }()
	close(ready)

	select {
	case <-signals:
		return api.Stop()
	case err := <-served:
		return err
	}
}
