package kubernetes

import (
	"context"

	"code.cloudfoundry.org/lager/v3"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// setWeight gives a pod the CPU weight of its shares. The step runs meanwhile, with the weight
// that the kubelet gave its pod: the kubelet reports the container up to a second after init
// answers.
func (b *Backend) setWeight(container *Container) {
	logger := b.Logger.WithData(lager.Data{"handle": container.handle, "pod": container.pod.Name()})
	ctx, cancel := context.WithTimeout(b.ctx, b.patience.request)
	defer cancel()
	if err := b.weigh(ctx, container); err != nil && container.hasRoom() && b.ctx.Err() == nil {
		logger.Error("failed-to-set-cpu-weight", err)
	}
}

func (b *Backend) weigh(ctx context.Context, container *Container) error {
	pid, containerID, err := b.awaitProcess(ctx, container)
	if err != nil {
		return err
	}
	seen, _ := container.pod.See()
	return b.SetCPUWeight(pid, containerID, string(seen.Pod.UID), pod.Shares(seen.Pod))
}
