package podinit

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
)

// sendStdin streams stdin in a chunked request body: its last chunk is the
// mark by which init tells the end of stdin from a broken connection. An error
// is therefore not the end of the process' stdin, and the attach goes on.
//
// A process may read its stdin as slowly as it likes. What holds the transfer up in
// the pod does so until the context ends, which is when the attach does.
func (c *Client) sendStdin(ctx context.Context, id string, stdin io.Reader) {
	target := "http://init" + protocol.PathStdin + "?" + url.Values{"id": {id}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, io.NopCloser(stdin))
	if err != nil {
		return
	}
	transport := &http.Transport{
		DialContext:            func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, c.socketPath) },
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: maxAnswer,
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return
	}
	response.Body.Close()
}
