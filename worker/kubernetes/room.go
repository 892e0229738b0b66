package kubernetes

import (
	"context"
	"errors"
	"time"

	"code.cloudfoundry.org/lager/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// noRoom is the failure of a pod that the kubelet refused because its node is
// full, or nil.
func noRoom(err error) *pod.Failure {
	failure, ok := errors.AsType[*pod.Failure](err)
	if !ok || !failure.IsOfRoom() {
		return nil
	}
	return failure
}

// createAgain puts a new pod in the place of one that its node had no room for.
// A pod that is bound to its node is not kept waiting by the scheduler, and the
// kubelet does not reconsider.
func (b *Backend) createAgain(ctx context.Context, container *Container, desired *corev1.Pod, refusal *pod.Failure, pause time.Duration) (*corev1.Pod, error) {
	b.Logger.Info("waiting-for-room", lager.Data{
		"handle": container.handle, "pod": container.pod.name, "refusal": refusal.Error(), "pause": pause.String(),
	})
	if err := b.removeRefused(ctx, container); err != nil {
		if ctx.Err() != nil {
			return nil, b.startAborted(ctx, container, refusal)
		}
		return nil, err
	}
	select {
	case <-time.After(pause):
	case <-ctx.Done():
		return nil, b.startAborted(ctx, container, refusal)
	}
	return b.createPod(ctx, container, desired)
}

// removeRefused removes a pod, and leaves the Secret that it owns to its
// successor.
func (b *Backend) removeRefused(ctx context.Context, container *Container) error {
	if container.state.read().HasSecret {
		if err := b.takeSecretBack(ctx, container.pod.name); err != nil {
			return err
		}
	}
	// Limited, as the watch may have missed the deletion.
	ctx, cancel := context.WithTimeout(ctx, b.patience.removal)
	defer cancel()
	if err := b.removePod(ctx, container, time.Now()); err != nil {
		return err
	}
	container.pod.forget()
	return nil
}
