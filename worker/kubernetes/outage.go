package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"code.cloudfoundry.org/lager/v3"
	"golang.org/x/sys/unix"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// untilAnswered repeats a request to the API server for as long as that is away
// or overloaded, until the start of the container is to end. A request whose
// answer got lost is made again, and may find its own work done.
func (b *Backend) untilAnswered(ctx context.Context, request func(context.Context) error) error {
	for pauses := b.patience.outage; ; {
		err := b.requestInTime(ctx, request)
		if err == nil || ctx.Err() == nil && !isOutage(err) {
			return err
		}
		b.Logger.Error("api-server-is-away", err, lager.Data{"worker": b.WorkerName})
		select {
		case <-time.After(pauses.take()):
		case <-ctx.Done():
			if reason := b.abortReason(ctx); reason != nil {
				return reason
			}
			return fmt.Errorf("not started within %s: %w", b.PodStartupTimeout, err)
		}
	}
}

func (b *Backend) requestInTime(ctx context.Context, request func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, b.patience.request)
	defer cancel()
	return request(ctx)
}

// isOutage tells whether a request got no answer, or the answer to come back
// later.
func isOutage(err error) bool {
	if _, unresolved := errors.AsType[*net.DNSError](err); unresolved {
		return true
	}
	return errors.Is(err, unix.EHOSTUNREACH) || errors.Is(err, unix.ENETUNREACH) ||
		apierrors.IsServiceUnavailable(err) || apierrors.IsTooManyRequests(err) ||
		apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err) ||
		utilnet.IsConnectionRefused(err) || utilnet.IsConnectionReset(err) || utilnet.IsProbableEOF(err) ||
		utilnet.IsHTTP2ConnectionLost(err) || utilnet.IsTimeout(err) || errors.Is(err, context.DeadlineExceeded)
}
