package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"code.cloudfoundry.org/lager/v3"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// Stop ends the processes that were run in the container. The pod goes on; Destroy ends
// it. But where they do not end in time, whatever init says, the pod is deleted: an abort
// and a timeout end a step.
func (c *Container) Stop(kill bool) error {
	if seen, _ := c.pod.see(); seen.ended() {
		return nil
	}
	if err := c.stopProcesses(kill); err != nil {
		return c.endPod(fmt.Errorf("stop the processes in pod %s: %w", c.podName(), err))
	}
	return nil
}

func (c *Container) stopProcesses(kill bool) error {
	attached := c.attached()
	if err := c.init.Stop(c.backend.ctx, kill); err != nil {
		return err
	}
	waiting, stopWaiting := context.WithTimeout(c.backend.ctx, c.backend.patience.lastOutput)
	defer stopWaiting()
	for _, process := range attached {
		select {
		case <-process.done:
		case <-waiting.Done():
			return fmt.Errorf("process %s goes on, although what listens on the socket of the pod's init says that it has ended", process.id)
		}
	}
	return nil
}

// signal ends the pod where its init is not there to signal anything.
func (c *Container) signal(id string, number syscall.Signal) error {
	ctx, cancel := context.WithTimeout(c.backend.ctx, c.backend.patience.request)
	defer cancel()
	err := c.init.Signal(ctx, id, number)
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
	c.backend.Logger.Error("deleting-pod-that-does-not-stop", reason, lager.Data{"handle": c.handle, "pod": c.pod.name})
	ctx, cancel := context.WithTimeout(c.backend.ctx, c.backend.patience.removal)
	defer cancel()
	defer func() {
		for _, process := range c.attached() {
			process.detach(errNotStopped)
		}
	}()
	began := time.Now()
	seen, _ := c.pod.see()
	if _, err := c.backend.deletePod(ctx, seen.pod); err != nil {
		return errors.Join(reason, err)
	}
	if _, err := c.pod.wait(ctx, podSeen.ended); err != nil {
		return errors.Join(reason, c.backend.stillThere(c, began))
	}
	for _, process := range c.attached() {
		select {
		case <-process.done: // it says why to its client
		case <-ctx.Done():
		}
	}
	return nil
}
