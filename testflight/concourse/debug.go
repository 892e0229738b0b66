package concourse

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
)

// Profile asks web or a worker, by its name among the daemons, for a page of its debugger:
// heap?debug=1, say.
func (c *Concourse) Profile(ctx context.Context, daemon, page string) ([]byte, error) {
	network, address := "unix", filepath.Join(c.Cluster.DaemonDir(), daemon, "sockets", "debug.sock")
	if daemon == WebDaemon {
		network, address = "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Cluster.Port(webDebugPort)))
	}
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+daemon+"/debug/pprof/"+page, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask the debugger of %s: %w", daemon, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask the debugger of %s for %s: %s", daemon, page, response.Status)
	}
	return io.ReadAll(response.Body)
}
