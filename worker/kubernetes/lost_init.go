package kubernetes

import (
	"errors"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// isCheck tells the script of a resource's check, which upstream's package
// resource runs without an ID, from what a person runs without one.
func (c *Container) isCheck(spec garden.ProcessSpec) bool {
	return spec.Path == "/opt/resource/check" && c.life.IsCheck()
}

// lookAfterInit is called when a process is over, with the error of its attach. A check may
// have taken init's socket away, or put another there: the next one gets another container.
func (c *Container) lookAfterInit(err error) {
	if seen, _ := c.pod.See(); seen.Ending() || !c.life.IsCheck() || c.life.Phase() != lifecycle.Ready {
		return
	}
	_, gone := errors.AsType[*podinit.GoneError](err)
	if gone || !c.answers(c.backend.ctx) {
		c.lostInit(errors.Join(errors.New("the pod's init does not answer after a check"), err))
	}
}

// lostInit is called when the pod goes on without its init.
func (c *Container) lostInit(reason error) {
	if c.backend.ctx.Err() != nil || !c.life.InitLost() {
		return
	}
	c.backend.Logger.Info("lost-init", lager.Data{"handle": c.handle, "pod": c.pod.Name(), "reason": reason.Error()})
	c.backend.entered(c, lifecycle.Discarded)
}
