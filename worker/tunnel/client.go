package tunnel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"code.cloudfoundry.org/lager/v3"
	"code.cloudfoundry.org/lager/v3/lagerctx"
	"github.com/concourse/concourse/tsa"
	"golang.org/x/crypto/ssh"

	"github.com/concourse/concourse-kubernetes/worker/endpoint"
)

// The TSA finds the two servers of a worker by the ports that the worker asks it to
// forward. It does not listen there.
const (
	gardenPort       = "0.0.0.0:7777"
	baggageclaimPort = "0.0.0.0:7788"
	registerCommand  = "forward-worker --garden " + gardenPort + " --baggageclaim " + baggageclaimPort
)

// How often the connection is tried, and how long a try may go unanswered.
const (
	keepAliveInterval = 5 * time.Second
	keepAlivePatience = 5 * time.Minute
)

// Client is upstream's client of the TSA with another registration.
type Client struct {
	*tsa.Client
}

// Register registers the worker and forwards what web asks of it until the
// registration ends. Once the context ends, the TSA is told so, which lets the
// connections in progress end; [tsa.ErrConnectionDrainTimeout] says that they did
// not in the time that the options give them.
func (c Client) Register(ctx context.Context, options tsa.RegisterOptions) error {
	gateway, err := c.connect(ctx, options.ConnectionDrainTimeout)
	if err != nil {
		return err
	}
	defer gateway.Close()
	go tsa.KeepAlive(ctx, gateway.Client, gateway.tcp, keepAliveInterval, keepAlivePatience)

	for port, at := range map[string]endpoint.Endpoint{
		gardenPort:       {Network: options.LocalGardenNetwork, Address: options.LocalGardenAddr},
		baggageclaimPort: {Network: options.LocalBaggageclaimNetwork, Address: options.LocalBaggageclaimAddr},
	} {
		requests, err := gateway.Listen("tcp", port)
		if err != nil {
			return fmt.Errorf("have the SSH gateway at %s forward %s: %w", gateway.RemoteAddr(), port, err)
		}
		go forwardAll(ctx, requests, at)
	}

	err = c.stayRegistered(ctx, gateway.Client, options)
	var missing *ssh.ExitMissingError
	if ctx.Err() != nil && options.ConnectionDrainTimeout != 0 && errors.As(err, &missing) {
		return tsa.ErrConnectionDrainTimeout
	}
	return err
}

// stayRegistered runs the TSA's command that registers the worker, which goes on for
// as long as the worker is registered.
func (c Client) stayRegistered(ctx context.Context, gateway *ssh.Client, options tsa.RegisterOptions) error {
	logger := lagerctx.FromContext(ctx)
	worker, err := json.Marshal(c.Worker)
	if err != nil {
		return fmt.Errorf("describe the worker to the SSH gateway: %w", err)
	}
	session, err := gateway.NewSession()
	if err != nil {
		return fmt.Errorf("begin a session with the SSH gateway at %s: %w", gateway.RemoteAddr(), err)
	}
	defer session.Close()
	session.Stdin, session.Stderr = bytes.NewReader(worker), os.Stderr
	events, err := session.StdoutPipe()
	if err != nil {
		return err
	}
	if err := session.Start(registerCommand); err != nil {
		return fmt.Errorf("ask the SSH gateway at %s to register the worker: %w", gateway.RemoteAddr(), err)
	}
	go follow(logger, events, options)

	ended := make(chan error, 1)
	go func() { ended <- session.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	if err := session.Signal(ssh.SIGINT); err != nil {
		return fmt.Errorf("tell the SSH gateway at %s that the registration ends: %w", gateway.RemoteAddr(), err)
	}
	return <-ended
}

// follow tells of what the TSA says about the registration until it says no more.
func follow(logger lager.Logger, said io.Reader, options tsa.RegisterOptions) {
	events := tsa.NewEventReader(said)
	for {
		event, err := events.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				logger.Error("failed-to-understand-the-gateway", err)
			}
			return
		}
		switch {
		case event.Type == tsa.EventTypeRegistered && options.RegisteredFunc != nil:
			options.RegisteredFunc()
		case event.Type == tsa.EventTypeHeartbeated && options.HeartbeatedFunc != nil:
			options.HeartbeatedFunc()
		}
	}
}
