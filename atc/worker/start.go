package worker

import (
	"context"
	"errors"
	"net"
	"time"

	"code.cloudfoundry.org/garden"
	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
)

// longestAwait is the most that a worker may take to answer while a container
// starts, so that the build log soon says what the start waits for.
const longestAwait = 5 * time.Second

// awaitStartWithin is for how long a worker may keep a request, of which web's
// client gives up after the timeout. Zero is none.
func awaitStartWithin(timeout time.Duration) time.Duration {
	if timeout == 0 {
		return longestAwait
	}
	return min(longestAwait, timeout/2)
}

// createOrAbort destroys the container that it is creating when the step ends
// before: its build was aborted. The step waits until the worker has given the
// start up, and not for the pod to be gone, which may take as long as a pull.
func (c *amendingClient) createOrAbort(spec garden.ContainerSpec) (gclient.Container, error) {
	if err := c.ctx.Err(); err != nil {
		return nil, err
	}
	answered := make(chan struct{})
	destroyed := make(chan error, 1)
	keep := context.AfterFunc(c.ctx, func() { destroyed <- c.destroy(spec.Handle, answered) })
	container, err := c.createUntilStarted(spec)
	close(answered)
	// A context may have ended and not have begun its AfterFunc.
	if c.ctx.Err() == nil && keep() {
		return container, err
	}
	if err != nil {
		return nil, c.ctx.Err()
	}
	return nil, errors.Join(c.ctx.Err(), <-destroyed)
}

// createUntilStarted asks again for as long as the container starts and the step
// goes on. The worker says when a start takes too long.
func (c *amendingClient) createUntilStarted(spec garden.ContainerSpec) (gclient.Container, error) {
	log := newStartLog(c.clock, c.delegate)
	for {
		container, err := c.Client.Create(spec)
		waiting, isStarting := contract.ParseStillStarting(spec.Handle, err)
		if isStarting {
			log.stillStarting(waiting)
		} else if !c.isUnanswered(err) {
			return container, err
		}
		if c.ctx.Err() != nil {
			return nil, err
		}
	}
}

// isUnanswered tells whether web gave up on a request to a worker that is there:
// its start goes on. The pings of a worker that is lost come to their end too.
func (c *amendingClient) isUnanswered(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout() && c.ctx.Err() == nil && c.Client.Ping() == nil
}

// destroyAgain is the time between requests to destroy a container.
const destroyAgain = 200 * time.Millisecond

// destroy asks again for as long as the worker creates the container: it may be
// asked to destroy it before it has heard of it. It asks once more when the last
// request to create it was answered, or given up on: that one may have come to the
// worker after the container was destroyed.
func (c *amendingClient) destroy(handle string, answered <-chan struct{}) error {
	for {
		isLast := isClosed(answered)
		err := c.Client.Destroy(handle)
		if _, gone := errors.AsType[garden.ContainerNotFoundError](err); isLast && gone {
			return nil
		}
		if isLast {
			return err
		}
		c.awaitAnswer(answered, err)
	}
}

// awaitAnswer waits no longer than until the worker may know what it was asked to
// destroy.
func (c *amendingClient) awaitAnswer(answered <-chan struct{}, destroyError error) {
	if destroyError == nil {
		<-answered
		return
	}
	again := time.NewTimer(destroyAgain)
	defer again.Stop()
	select {
	case <-answered:
	case <-again.C:
	}
}

func isClosed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}
