package worker

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/garden/routes"
	"code.cloudfoundry.org/lager/v3"
	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/outputstream"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient/connection"
	"github.com/concourse/concourse/atc/worker/gardenruntime/transport"
	"github.com/concourse/retryhttp"
	"github.com/tedsuo/rata"
)

// gardenClient returns a client of a Kubernetes worker's Garden that is put
// together of what upstream's gclient.GardenClientFactory uses, and acknowledges
// the output of processes.
func (f factory) gardenClient(logger lager.Logger, worker db.Worker) gclient.Client {
	retryer := &transport.UnreachableWorkerRetryer{DelegateRetryer: &retryhttp.DefaultRetryer{}}
	backOff := retryhttp.NewExponentialBackOffFactory(f.upstream.HTTPRetryTimeout)
	workers := f.upstream.DB.WorkerFactory

	requests := &http.Client{
		Timeout: f.upstream.GardenRequestTimeout,
		Transport: &retryhttp.RetryRoundTripper{
			Logger:         logger.Session("retryable-http-client"),
			BackOffFactory: backOff,
			RoundTripper: transport.NewGardenRoundTripper(worker.Name(), worker.GardenAddr(), workers,
				&http.Transport{DisableKeepAlives: true}),
			Retryer: retryer,
		},
	}
	streams := &retryhttp.RetryHijackableClient{
		Logger:           logger.Session("retry-hijackable-client"),
		BackOffFactory:   backOff,
		HijackableClient: transport.NewHijackableClient(worker.Name(), workers, retryhttp.DefaultHijackableClient),
		Retryer:          retryer,
	}
	streamer := acknowledgingStreamer{logger: logger, HijackStreamer: &transport.WorkerHijackStreamer{
		HttpClient:       requests,
		HijackableClient: streams,
		// The host is put in for each request.
		Req: rata.NewRequestGenerator("http://127.0.0.1:8080", routes.Routes),
	}}
	conn := attachingConnection{connection.NewWithHijacker(streamer, logger), worker.Name()}
	return gclient.NewClient(retrying(conn))
}

type attachedKey struct{}

// attachingConnection has the streams of an attach tell that they are its.
type attachingConnection struct {
	connection.Connection
	worker string
}

// sentBefore is in the error of net/http for a request whose body an earlier try has sent:
// upstream's client tries one again whose connection broke.
const sentBefore = "with Body length 0"

// Run says in the words for which web runs a step again that it does not know whether a process
// has started. Web attaches to the process then, if it has, and else runs it.
func (c attachingConnection) Run(ctx context.Context, handle string, spec garden.ProcessSpec, streams garden.ProcessIO) (garden.Process, error) {
	process, err := c.Connection.Run(ctx, handle, spec, streams)
	if err != nil && strings.Contains(err.Error(), sentBefore) {
		return nil, contract.Disappeared(c.worker, "its connection broke while it was asked to start a process: "+err.Error())
	}
	return process, err
}

func (c attachingConnection) Attach(ctx context.Context, handle, processID string, streams garden.ProcessIO) (garden.Process, error) {
	return c.Connection.Attach(context.WithValue(ctx, attachedKey{}, true), handle, processID, streams)
}

// acknowledgingStreamer acknowledges output to the workers that wait for it.
type acknowledgingStreamer struct {
	connection.HijackStreamer
	logger lager.Logger
}

func (s acknowledgingStreamer) Hijack(
	ctx context.Context, handler string, body io.Reader, params rata.Params, query url.Values, contentType string,
) (net.Conn, *bufio.Reader, error) {
	isOutput := handler == routes.Stdout || handler == routes.Stderr
	if !isOutput || !outputstream.CanSendPieces(params["streamid"]) {
		return s.HijackStreamer.Hijack(ctx, handler, body, params, query, contentType)
	}
	conn, reader, err := s.HijackStreamer.Hijack(ctx, handler, body, params, outputstream.Query(), contentType)
	if err != nil {
		return nil, nil, err
	}
	attached := ctx.Value(attachedKey{}) != nil
	receiver := outputstream.NewReceiver(bufferedConn{reader, conn}, params["handle"], attached, func(err error) {
		s.logger.Error("failed-to-save-output", err, lager.Data{"handle": params["handle"], "stream": handler})
	})
	return conn, bufio.NewReader(receiver), nil
}

// bufferedConn reads what was read ahead of a response's end first.
type bufferedConn struct {
	io.Reader
	io.Writer
}
