package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// checkType is the type of a container in which a resource is checked, see
// upstream's package db, ContainerTypeCheck.
const checkType = "check"

// isSpent says whether the container is of no more use: its pod has ended, or goes on
// without its init, and it is one of a resource's checks, which web goes on using for up
// to an hour for as long as it is there. Web takes a container off its books that the worker
// does not report for a while (its flag --gc-missing-grace-period). To that of
// any other step a client may come back, to learn why there is no result.
func (c *Container) isSpent() bool {
	seen, _ := c.pod.see()
	return (seen.ended() || c.initIsGone.Load()) && c.hasStarted() && c.isOfChecks()
}

func (c *Container) isOfChecks() bool {
	return c.state.read().Properties[contract.Type] == checkType
}

// isCheck tells the script of a resource's check, which upstream's package
// resource runs without an ID, from what a person runs without one.
func (c *Container) isCheck(spec garden.ProcessSpec) bool {
	return spec.Path == "/opt/resource/check" && c.isOfChecks()
}

// lookAfterInit is called when a process is over, with the error of its attach. A check may
// have taken init's socket away, or put another there: the next one gets another container.
func (c *Container) lookAfterInit(err error) {
	if seen, _ := c.pod.see(); seen.ending() || !c.isOfChecks() {
		return
	}
	_, gone := errors.AsType[*podinit.GoneError](err)
	if gone || !c.backend.ping(c.backend.ctx, c.init) {
		c.lostInit(errors.Join(errors.New("the pod's init does not answer after a check"), err))
	}
}

// lostInit is called when the pod goes on without its init.
func (c *Container) lostInit(reason error) {
	if c.backend.ctx.Err() != nil || !c.isOfChecks() || c.initIsGone.Swap(true) {
		return
	}
	logger := c.backend.Logger.Session("remove-spent-container", lager.Data{"handle": c.handle, "pod": c.pod.name, "reason": reason.Error()})
	go c.backend.removeUntilGone(logger, c)
}

// removeWhenSpent waits for the end of a container's pod.
func (b *Backend) removeWhenSpent(container *Container) {
	ended, err := container.pod.wait(b.ctx, podSeen.ended)
	if err != nil || ended.gone || !container.isSpent() {
		return
	}
	logger := b.Logger.Session("remove-spent-container", lager.Data{"handle": container.handle, "pod": container.pod.name})
	if reason := pod.EndReason(ended.pod); reason != nil {
		logger = logger.WithData(lager.Data{"reason": reason.Error()})
	}
	for _, process := range container.attached() {
		process.Wait() // it says why to its client
	}
	b.removeUntilGone(logger, container)
}

// makeRoomFor removes a container whose handle is asked for again, and that is spent
// or failed to start.
func (b *Backend) makeRoomFor(spec garden.ContainerSpec, deadline time.Time) error {
	existing := b.find(spec.Handle)
	if existing == nil || !existing.isSpent() && !existing.hasFailed() {
		return nil
	}
	ctx, cancel := context.WithDeadline(b.ctx, deadline)
	defer cancel()
	err := b.remove(ctx, existing)
	switch {
	case err != nil && b.ctx.Err() != nil:
		return b.abortReason(ctx)
	case err != nil:
		return fmt.Errorf("create container %s: remove the earlier one of that handle, which has ended: %w", spec.Handle, err)
	}
	return nil
}
