package podinit

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
)

// maxAnswer is the most that is read of an answer, its headers included, in bytes.
const maxAnswer = 64 << 10

// exchange is one request and its answer on a connection of its own.
type exchange struct {
	conn net.Conn
	// bounded ends where no more is to be read of the answer.
	bounded *io.LimitedReader
	// reader has what came after the answer's headers.
	reader   *bufio.Reader
	response *http.Response
	stop     func() bool
}

func (e *exchange) close() {
	e.stop()
	e.conn.Close()
}

// call makes a request whose answer has no content.
func (c *Client) call(ctx context.Context, path string, body any) error {
	e, err := c.ask(ctx, path, body, http.StatusOK)
	if err != nil {
		return err
	}
	e.close()
	return nil
}

// ask sends body as JSON. It returns the exchange if the answer has the expected status,
// else the error that the answer tells of. The connection has no deadline then.
func (c *Client) ask(ctx context.Context, path string, body any, expected int) (*exchange, error) {
	request, err := newRequest(ctx, path, body, expected)
	if err != nil {
		return nil, err
	}
	conn, err := dial(ctx, c.socketPath)
	if err != nil {
		return nil, c.gone(ctx, path, err)
	}
	e := &exchange{conn: conn, stop: context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })}
	if err := c.converse(ctx, e, request, expected); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func newRequest(ctx context.Context, path string, body any, expected int) (*http.Request, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode the request %s to init: %w", path, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://init"+path, bytes.NewReader(encoded))
	if err != nil {
		return nil, fmt.Errorf("make the request %s to init: %w", path, err)
	}
	if expected == http.StatusSwitchingProtocols {
		request.Header.Set("Connection", "Upgrade")
		request.Header.Set("Upgrade", protocol.Upgrade)
	} else {
		request.Close = true
	}
	return request, nil
}

// converse sends the request and reads the answer, within a deadline for both.
func (c *Client) converse(ctx context.Context, e *exchange, request *http.Request, expected int) error {
	path := request.URL.Path
	e.conn.SetDeadline(time.Now().Add(c.patience.request))
	if ctx.Err() != nil { // it ended before the deadline was set
		return c.gone(ctx, path, ctx.Err())
	}
	if err := request.Write(e.conn); err != nil {
		return c.gone(ctx, path, err)
	}
	e.bounded = &io.LimitedReader{R: e.conn, N: maxAnswer}
	e.reader = bufio.NewReader(e.bounded)
	response, err := http.ReadResponse(e.reader, request)
	if err != nil {
		return c.gone(ctx, path, err)
	}
	e.response = response
	if response.StatusCode != expected {
		return c.failure(ctx, path, response)
	}
	if expected != http.StatusSwitchingProtocols {
		return nil
	}
	if !strings.EqualFold(response.Header.Get("Upgrade"), protocol.Upgrade) {
		return c.gone(ctx, path, fmt.Errorf("it switched to the protocol %.40q", response.Header.Get("Upgrade")))
	}
	e.bounded.N = math.MaxInt64
	e.conn.SetDeadline(time.Time{})
	if ctx.Err() != nil { // and its deadline was just taken away
		return c.gone(ctx, path, ctx.Err())
	}
	return nil
}

// failure is the error that init tells of.
func (c *Client) failure(ctx context.Context, path string, response *http.Response) error {
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return c.gone(ctx, path, err)
	}
	var failure protocol.Failure
	if err := json.Unmarshal(content, &failure); err != nil {
		return c.gone(ctx, path, fmt.Errorf("it answered %.80q", response.Status))
	}
	subject := said(failure.Subject)
	switch failure.Code {
	case protocol.CodeExecutableNotFound:
		return &ExecutableNotFoundError{Path: subject}
	case protocol.CodeProcessExists:
		return &ProcessExistsError{ID: subject}
	case protocol.CodeNoSuchProcess:
		return &NoSuchProcessError{ID: subject}
	default:
		return errors.New(said(failure.Message))
	}
}

// gone says that there was no answer. A caller that left does not know.
func (c *Client) gone(ctx context.Context, path string, err error) error {
	doing := fmt.Sprintf("ask the pod's init on %s to %s", c.socketPath, path[1:])
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", doing, cause)
	}
	return &GoneError{Doing: doing, Err: err}
}
