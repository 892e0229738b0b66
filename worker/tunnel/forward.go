package tunnel

import (
	"context"
	"io"
	"net"
	"sync"
	"time"

	"code.cloudfoundry.org/lager/v3"
	"code.cloudfoundry.org/lager/v3/lagerctx"

	"github.com/concourse/concourse-kubernetes/worker/endpoint"
)

// dialAgain is how long a connection of web's waits for the next try where the
// server does not listen yet: the worker starts its parts at the same time.
const dialAgain = time.Second

// forwardAll connects each connection that web makes with the server.
func forwardAll(ctx context.Context, requests net.Listener, server endpoint.Endpoint) {
	for {
		web, err := requests.Accept()
		if err != nil { // the tunnel is closed
			return
		}
		go forward(ctx, web, server)
	}
}

func forward(ctx context.Context, web net.Conn, server endpoint.Endpoint) {
	defer web.Close()
	local := dialPatiently(ctx, server)
	if local == nil {
		return
	}
	defer local.Close()

	// Either end that closes closes both: what the other says after that reaches
	// nobody.
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{local, web}, {web, local}} {
		both.Go(func() {
			io.Copy(way[0], way[1])
			local.Close()
			web.Close()
		})
	}
	both.Wait()
}

// dialPatiently returns nil once the registration has ended and there was no
// connection. Until then web may still use one that is made.
func dialPatiently(ctx context.Context, server endpoint.Endpoint) net.Conn {
	logger := lagerctx.FromContext(ctx).Session("forward", lager.Data{"to": server.String()})
	ticker := time.NewTicker(dialAgain)
	defer ticker.Stop()
	for {
		local, err := server.Dial(context.WithoutCancel(ctx))
		if err == nil {
			return local
		}
		logger.Error("failed-to-connect", err)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
