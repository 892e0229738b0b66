package workercmd

import (
	"fmt"
	"net"
	"os"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/garden/server"
	"code.cloudfoundry.org/lager/v3"
)

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

	api := server.New("tcp", s.address, 0, 0, s.backend, s.logger)
	if err := api.SetupBomberman(); err != nil {
		return fmt.Errorf("set up the Garden server: %w", err)
	}
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		return fmt.Errorf("serve Garden: %w: choose another --bind-ip or --bind-port", err)
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
