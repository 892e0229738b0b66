package kubernetes

import (
	"context"

	"code.cloudfoundry.org/lager/v3"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// setNamedWeight gives a pod the CPU weight of the shares that its step names, before the step
// runs. The kubelet reports the container up to a second after init answers.
func (b *Backend) setNamedWeight(ctx context.Context, container *Container) {
	if seen, _ := container.pod.See(); seen.Pod == nil || !pod.NamesShares(seen.Pod) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, b.patience.weight)
	defer cancel()
	b.setWeight(ctx, container)
}

// setUnnamedWeight gives a pod the weight of a step that names no shares. The step runs
// meanwhile, with the weight that the kubelet gave its pod.
func (b *Backend) setUnnamedWeight(container *Container) {
	if seen, _ := container.pod.See(); seen.Pod == nil || pod.NamesShares(seen.Pod) {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, b.patience.request)
	defer cancel()
	b.setWeight(ctx, container)
}

func (b *Backend) setWeight(ctx context.Context, container *Container) {
	if err := b.weigh(ctx, container); err != nil && container.hasRoom() && b.ctx.Err() == nil {
		b.Logger.Error("failed-to-set-cpu-weight", err, lager.Data{"handle": container.handle, "pod": container.pod.Name()})
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
