package endpoint

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Endpoint is where a server listens.
type Endpoint struct {
	// Network is "unix" or "tcp".
	Network string
	// Address is the socket's path, of any length, or a host and a port.
	Address string
}

// Unix is a socket at that path, in a folder that has nothing but sockets.
func Unix(path string) Endpoint { return Endpoint{Network: "unix", Address: path} }

// TCP is a port of an address.
func TCP(ip net.IP, port uint16) Endpoint {
	return Endpoint{Network: "tcp", Address: net.JoinHostPort(ip.String(), strconv.Itoa(int(port)))}
}

func (e Endpoint) String() string { return e.Network + ":" + e.Address }

// Listen listens there. The folder of a socket becomes root's alone.
func (e Endpoint) Listen() (net.Listener, error) {
	if e.Network == "unix" {
		return listenUnix(e.Address)
	}
	return net.Listen(e.Network, e.Address)
}

// Dial connects to the server.
func (e Endpoint) Dial(ctx context.Context) (net.Conn, error) {
	if e.Network == "unix" {
		return dialUnix(ctx, e.Address)
	}
	return new(net.Dialer).DialContext(ctx, e.Network, e.Address)
}

// HTTPClient asks the server, whatever host a URL names. The timeout is that of a
// whole request.
func (e Endpoint) HTTPClient(timeout time.Duration) *http.Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		connection, err := e.Dial(ctx)
		if err != nil {
			return nil, fmt.Errorf("connect to %s: %w", e, err)
		}
		return connection, nil
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial}, Timeout: timeout}
}
