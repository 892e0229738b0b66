package kubernetes

import (
	"context"
	"errors"
	"fmt"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/podwatch"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

var (
	errTookTooLong            = errors.New("took too long")
	errDestroyedWhileStarting = errors.New("the container was destroyed while it was starting")
	errDeletedWhileStarting   = errors.New("the pod was deleted while it was starting")
	errDeleted                = errors.New("the pod was deleted")
	errDiscarded              = errors.New("the container has ended and is being removed")
	errGoneWhileAway          = errors.New("the pod was gone when the worker came back")
	errBeingDestroyed         = errors.New("the container is being destroyed")
	errTakenOver              = errors.New("another client attached to the process")
	errClientGone             = errors.New("the client is gone")
	errNotStopped             = errors.New("the process was to end, and neither the pod's init nor the node's kubelet has ended it in time")
)

// disappeared is an error for which web runs a step again that is not to blame.
func (b *Backend) disappeared(why string) error {
	return contract.Disappeared(b.WorkerName, why)
}

// abortedOr says why a start that nothing is wrong with does not go on, and else returns the
// error.
func (b *Backend) abortedOr(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	if reason := b.abortReason(ctx); reason != nil {
		return reason
	}
	return fmt.Errorf("not started within %s: %w", b.PodStartupTimeout, err)
}

// startAborted says why a start whose pod does not answer yet did not go on.
func (b *Backend) startAborted(ctx context.Context, container *Container, last *pod.Failure) error {
	if last != nil {
		return b.abortedOr(ctx, last)
	}
	if reason := b.abortReason(ctx); reason != nil {
		return reason
	}
	seen, _ := container.pod.See()
	said := pod.Progress(seen.Pod)
	if warning := b.api.LastWarning(ctx, container.pod.Name()); warning != "" {
		said += ", last warning: " + warning
	}
	return fmt.Errorf("not started within %s: %s: if it pulls a large image, run the build again, or raise --kubernetes-pod-startup-timeout of the worker", b.PodStartupTimeout, said)
}

// abortReason is nil if it only took too long.
func (b *Backend) abortReason(ctx context.Context) error {
	if b.ctx.Err() != nil {
		return b.disappeared("it was stopped while the pod was starting")
	}
	if cause := context.Cause(ctx); !errors.Is(cause, errTookTooLong) {
		return cause
	}
	return nil
}

// whyEnded says why a pod ended, or is about to.
func (b *Backend) whyEnded(seen podwatch.Seen) error {
	if seen.Pod == nil {
		return errDeleted
	}
	reason := pod.EndReason(seen.Pod)
	if what, isNodes := pod.Disappeared(seen.Pod); isNodes {
		if reason != nil && reason.Advice != "" {
			what += ": " + reason.Advice
		}
		return b.disappeared("the pod ended: " + what)
	}
	if reason != nil {
		return fmt.Errorf("the pod ended: %w", reason)
	}
	return errDeleted
}

// endReason is why nothing runs in a container that has ended. After a restart of the worker its
// record has that in words alone. That the kernel killed the process is then in the pod's
// status.
func (c *Container) endReason() error {
	life, _ := c.life.See()
	if seen, _ := c.pod.See(); seen.Pod != nil {
		if reason := c.backend.whyEnded(seen); killedWithPod(reason) {
			return reason
		}
	}
	return life.Reason
}

// endReasonOr replaces an error in talking to init by why the pod ended, if it
// did. The connection breaks before Kubernetes says why, hence the wait.
func (c *Container) endReasonOr(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if c.life.Phase() == lifecycle.Ended {
		return c.endReason()
	}
	seen, _ := c.pod.See()
	if !seen.Ended() {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if !errors.Is(err, podinit.ErrStopped) && c.answers(ctx) {
			return err
		}
		waiting, cancel := context.WithTimeout(ctx, c.backend.patience.endReason)
		defer cancel()
		var waitError error
		if seen, waitError = c.pod.Wait(waiting, podwatch.Seen.Ending); waitError != nil {
			return err
		}
	}
	return c.backend.whyEnded(seen)
}
