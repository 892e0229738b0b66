package apiserver

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// askAgain repeats a request to the API server for as long as that is away or
// overloaded, until the context ends. A request whose answer got lost is made
// again, and may find its own work done.
func (c *Client) askAgain(ctx context.Context, request func(context.Context) error) error {
	for pauses := c.Outage; ; {
		err := c.requestInTime(ctx, request)
		if err == nil || ctx.Err() != nil || !isOutage(err) {
			return err
		}
		c.Logger.Error("api-server-is-away", err)
		select {
		case <-time.After(pauses.Step()):
		case <-ctx.Done():
			return err
		}
	}
}

func (c *Client) requestInTime(ctx context.Context, request func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.RequestTimeout)
	defer cancel()
	return request(ctx)
}

// isOutage tells whether a request got no answer, or one that may be another the
// next time.
func isOutage(err error) bool {
	if answer, ok := errors.AsType[*apierrors.StatusError](err); ok {
		return mayPass(answer)
	}
	if _, unresolved := errors.AsType[*net.DNSError](err); unresolved {
		return true
	}
	return errors.Is(err, unix.EHOSTUNREACH) || errors.Is(err, unix.ENETUNREACH) ||
		utilnet.IsConnectionRefused(err) || utilnet.IsConnectionReset(err) || utilnet.IsProbableEOF(err) ||
		utilnet.IsHTTP2ConnectionLost(err) || utilnet.IsTimeout(err) || errors.Is(err, context.DeadlineExceeded) ||
		strings.Contains(err.Error(), clientRateLimiter)
}

// clientRateLimiter begins the error of client-go's Request for a request that it
// held back for too long. The error beneath has no type.
const clientRateLimiter = "client rate limiter Wait returned an error"

// denied is in every refusal by an admission webhook, which chooses its status code
// itself: apiserver's package admission/plugin/webhook/errors.
const denied = "denied the request"

// notYet are refusals, by their words, of an API server that does not know enough
// yet: apiserver's packages admission and admission/plugin/resourcequota.
func notYet() []string {
	return []string{"not yet ready to handle request", "status unknown for quota"}
}

// mayPass says of an answer whether it is of a server, or of something that it asks
// (etcd, a webhook), that does not work at the moment. A conflict is of one that
// wants to be asked again, such as that two pods were charged to a quota at once.
func mayPass(answer *apierrors.StatusError) bool {
	says := func(words string) bool { return strings.Contains(answer.ErrStatus.Message, words) }
	if says(denied) {
		return false
	}
	return answer.ErrStatus.Code >= http.StatusInternalServerError || answer.ErrStatus.Code == http.StatusTooManyRequests ||
		apierrors.IsConflict(answer) || slices.ContainsFunc(notYet(), says)
}
