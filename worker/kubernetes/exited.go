package kubernetes

import (
	"maps"
	"slices"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/statedir"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
)

// exitStatusProperty is what upstream's web gives a container whose step has ended, see its
// package gardenruntime.
const exitStatusProperty = "concourse:exit-status"

// noteExit keeps the exit status of a process that a client may ask for again after the pod
// is gone.
func (c *Container) noteExit(id string, status int) {
	if !slices.Contains(c.state.Read().Processes, id) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.exited == nil {
		c.exited = map[string]statedir.Exit{}
	}
	c.exited[id] = statedir.Exit{Status: status, Delivered: *c.delivered[id]}
}

// noteBegun is called when init has started a process.
func (c *Container) noteBegun(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun[id] = true
}

// hasBegun says whether this life of the worker has seen the process start.
func (c *Container) hasBegun(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.begun[id]
}

// noted are the processes that are over, as far as this life of the worker or the record knows.
func (c *Container) noted() map[string]statedir.Exit {
	noted := map[string]statedir.Exit{}
	maps.Copy(noted, c.state.Read().Exited)
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.Copy(noted, c.exited)
	return noted
}

// isOver says whether nothing runs in the container any more, and its pod is not to be asked.
func (c *Container) isOver() bool {
	phase := c.life.Phase()
	return phase == lifecycle.Ended || phase == lifecycle.GaveWay
}

// webKnowsTheEnd says whether web has noted how the container's step ended, which it does once it
// has all of the output.
func (c *Container) webKnowsTheEnd() bool {
	_, over := c.state.Read().Properties[exitStatusProperty]
	return over
}

// isLost says whether the container's pod ended for its node's sake before the step had. A step
// that had ended has its result: nothing of it is to run again.
func (c *Container) isLost() bool {
	life, _ := c.life.See()
	if life.Phase != lifecycle.Ended || !contract.IsDisappeared(c.backend.WorkerName, life.Reason) {
		return false
	}
	if c.webKnowsTheEnd() {
		return false
	}
	noted := c.noted()
	for _, id := range c.state.Read().Processes {
		if _, over := noted[id]; over {
			return false
		}
	}
	return true
}
