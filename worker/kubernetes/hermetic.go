package kubernetes

import (
	"context"
	"fmt"

	"code.cloudfoundry.org/garden"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/podwatch"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// isHermetic follows upstream's web node, which lets every container out
// everywhere but those of hermetic steps.
func isHermetic(spec garden.ContainerSpec) bool { return len(spec.NetOut) == 0 }

// cutOffNetwork is called before any process of the step runs. Which process is the pod's
// first is verified: what listens on the socket in the pod may be another's.
func (b *Backend) cutOffNetwork(ctx context.Context, container *Container) error {
	err := b.cutOff(ctx, container)
	if err != nil && ctx.Err() != nil {
		err = b.startAborted(ctx, container, nil)
	}
	if err != nil {
		return fmt.Errorf("cut the hermetic step off from the network: %w", err)
	}
	return nil
}

func (b *Backend) cutOff(ctx context.Context, container *Container) error {
	pid, containerID, err := b.awaitProcess(ctx, container)
	if err != nil {
		return err
	}
	network, err := b.NetworkOfInit(pid, containerID)
	if err != nil {
		return err
	}
	defer network.Close()
	return b.CutOffNetwork(network)
}

// awaitProcess returns what the pod says is its init, and the container that the kubelet says it
// is in. Whether the one is in the other is for who uses them to verify.
func (b *Backend) awaitProcess(ctx context.Context, container *Container) (pid int, containerID string, err error) {
	containerID, err = b.awaitContainerID(ctx, container)
	if err != nil {
		return 0, "", err
	}
	pid, err = container.podsInit().PID(ctx)
	return pid, containerID, err
}

// awaitContainerID waits for the kubelet to report the container, which it does up to a
// second after init answers.
func (b *Backend) awaitContainerID(ctx context.Context, container *Container) (string, error) {
	seen, err := container.pod.Wait(ctx, func(seen podwatch.Seen) bool { return seen.Ended() || containerID(seen.Pod) != "" })
	switch {
	case err != nil:
		return "", err
	case seen.Gone:
		return "", errDeletedWhileStarting
	case seen.Ended():
		return "", pod.EndReason(seen.Pod)
	}
	return containerID(seen.Pod), nil
}

// containerID is empty until the kubelet has reported that the container runs.
func containerID(reported *corev1.Pod) string {
	if reported == nil {
		return ""
	}
	for _, status := range reported.Status.ContainerStatuses {
		if status.Name == pod.ContainerName && status.State.Running != nil {
			return status.ContainerID
		}
	}
	return ""
}
