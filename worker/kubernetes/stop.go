package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"code.cloudfoundry.org/lager/v3"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/podwatch"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// Stop ends the processes that were run in the container. The pod goes on; Destroy ends
// it. But where they do not end in time, whatever init says, the pod is deleted: an abort
// and a timeout end a step.
func (c *Container) Stop(kill bool) error {
	if seen, _ := c.pod.See(); seen.Ended() || c.life.Phase() == lifecycle.GaveWay {
		return nil
	}
	if err := c.stopProcesses(kill); err != nil {
		return c.endPod(fmt.Errorf("stop the processes in pod %s: %w", c.podName(), err))
	}
	return nil
}

func (c *Container) stopProcesses(kill bool) error {
	attached := c.attached()
	if err := c.podsInit().Stop(c.backend.ctx, kill); err != nil {
		return err
	}
	left := c.backend.patience.lastOutput
	for _, process := range attached {
		if left = process.awaitEnd(c.backend.ctx, left); left <= 0 {
			return fmt.Errorf("process %s goes on, although what listens on the socket of the pod's init says that it has ended", process.id)
		}
	}
	return nil
}

// awaitEnd waits for the process to be done, and returns what is left of the patience
// for that. It is zero if the process is not done, or the context has ended. The time
// does not count while output is being written: web takes none while its database is
// away, which is no fault of the pod's.
func (p *Process) awaitEnd(ctx context.Context, left time.Duration) time.Duration {
	for left > 0 {
		writing, changed := p.writing.See()
		var impatient <-chan time.Time
		if !writing {
			impatient = time.After(left)
		}
		began := time.Now()
		select {
		case <-p.done:
			return left
		case <-changed:
		case <-impatient:
			return 0
		case <-ctx.Done():
			return 0
		}
		if !writing {
			left -= time.Since(began)
		}
	}
	return 0
}

// signal ends the pod where its init is not there to signal anything.
func (c *Container) signal(id string, number syscall.Signal) error {
	ctx, cancel := context.WithTimeout(c.backend.ctx, c.backend.patience.request)
	defer cancel()
	err := c.podsInit().Signal(ctx, id, number)
	if _, gone := errors.AsType[*podinit.GoneError](err); gone {
		return c.endPod(err)
	}
	return err
}

// endPod deletes a pod that can't be told to end its processes. When it returns, none of
// the container's processes has a client: each has ended, or errs.
func (c *Container) endPod(reason error) error {
	if c.backend.ctx.Err() != nil { // the next worker goes on with the pod
		return reason
	}
	c.backend.Logger.Error("deleting-pod-that-does-not-stop", reason, lager.Data{"handle": c.handle, "pod": c.pod.Name()})
	ctx, cancel := context.WithTimeout(c.backend.ctx, c.backend.patience.removal)
	defer cancel()
	defer func() {
		for _, process := range c.attached() {
			process.detach(errNotStopped)
		}
	}()
	began := time.Now()
	seen, _ := c.pod.See()
	if _, err := c.backend.api.DeletePod(ctx, seen.Pod); err != nil {
		return errors.Join(reason, err)
	}
	if _, err := c.pod.Wait(ctx, podwatch.Seen.Ended); err != nil {
		return errors.Join(reason, c.backend.stillThere(c, began))
	}
	left := c.backend.patience.lastOutput
	for _, process := range c.attached() {
		left = process.awaitEnd(c.backend.ctx, left) // it says why to its client
	}
	return nil
}
