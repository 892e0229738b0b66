package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

var (
	errTookTooLong            = errors.New("took too long")
	errDestroyedWhileStarting = errors.New("the container was destroyed while it was starting")
	errDeletedWhileStarting   = errors.New("the pod was deleted while it was starting")
	errTakenOver              = errors.New("another client attached to the process")
	errClientGone             = errors.New("the client is gone")
	errNotStopped             = errors.New("the process was to end, and neither the pod's init nor the node's kubelet has ended it in time")
)

func unsupported(what string) error {
	return fmt.Errorf("%s is not supported by the Kubernetes runtime", what)
}

// apiError says what was asked of the API server and what it answered.
func apiError(verb, what string, err error) error {
	if advice := apiAdvice(verb, err); advice != "" {
		return fmt.Errorf("%s %s: %w: %s", verb, what, err, advice)
	}
	return fmt.Errorf("%s %s: %w", verb, what, err)
}

func apiAdvice(verb string, err error) string {
	message := err.Error()
	switch {
	case strings.Contains(message, "exceeded quota"), strings.Contains(message, "must specify limits"):
		return "the namespace has a resource quota: raise it, run fewer steps at once, or give steps container_limits"
	case strings.Contains(message, " usage per "):
		return "the namespace has a limit range: change it, or the step's container_limits"
	case strings.Contains(message, "violates PodSecurity"):
		return "steps mount volumes of their node: let the namespace enforce the Pod Security level privileged"
	case strings.Contains(message, "failed calling webhook"):
		return "a webhook of the cluster does not answer: repair it, or exempt the workers' namespace from it"
	case strings.Contains(message, "ValidatingAdmissionPolicy"):
		return "a policy of the cluster refuses it: if it is the workers' own, see deploy/policies/worker.yaml for what to set; otherwise exempt the workers' namespace"
	case strings.Contains(message, "admission webhook"):
		return "an admission policy of the cluster refuses it: exempt the workers' namespace or change the step"
	case apierrors.IsForbidden(err):
		return "grant the worker's service account the verb " + verb + " in this namespace"
	case apierrors.IsUnauthorized(err):
		return "the worker's credentials for the API server are not valid (any more)"
	case apierrors.IsNotFound(err) && strings.Contains(message, "namespaces"):
		return "create the namespace, or correct the worker's configuration"
	case apierrors.IsAlreadyExists(err):
		return "it is a leftover of another worker or of the same name: delete it"
	case errors.Is(err, context.DeadlineExceeded):
		return "the API server did not answer in time"
	}
	return ""
}

// startAborted says why a start that nothing was wrong with yet did not go on.
func (b *Backend) startAborted(ctx context.Context, container *Container, last *pod.Failure) error {
	if reason := b.abortReason(ctx); reason != nil {
		return reason
	}
	if last != nil {
		return fmt.Errorf("not started within %s: %w", b.PodStartupTimeout, last)
	}
	seen, _ := container.pod.see()
	said := pod.Progress(seen.pod)
	if warning := b.lastWarning(ctx, container.pod.name); warning != "" {
		said += ", last warning: " + warning
	}
	return fmt.Errorf("not started within %s: %s: if it pulls a large image, run the build again, or raise --kubernetes-pod-startup-timeout of the worker, and --garden-request-timeout of web above it", b.PodStartupTimeout, said)
}

// abortReason is nil if it only took too long.
func (b *Backend) abortReason(ctx context.Context) error {
	if b.ctx.Err() != nil {
		return contract.Disappeared(b.WorkerName, "it was stopped while the pod was starting")
	}
	if cause := context.Cause(ctx); !errors.Is(cause, errTookTooLong) {
		return cause
	}
	return nil
}

// endReasonOr replaces an error in talking to init by why the pod ended, if it
// did. The connection breaks before Kubernetes says why, hence the wait.
func (c *Container) endReasonOr(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	seen, _ := c.pod.see()
	if !seen.ended() {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if !errors.Is(err, podinit.ErrStopped) && c.backend.ping(ctx, c.init) {
			return err
		}
		waiting, cancel := context.WithTimeout(ctx, c.backend.patience.endReason)
		defer cancel()
		var waitError error
		if seen, waitError = c.pod.wait(waiting, podSeen.ending); waitError != nil {
			return err
		}
	}
	if reason := pod.EndReason(seen.pod); reason != nil {
		return fmt.Errorf("the pod ended: %w", reason)
	}
	return errors.New("the pod was deleted")
}
