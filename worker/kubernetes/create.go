package kubernetes

import (
	"context"
	"fmt"
	"time"

	"code.cloudfoundry.org/garden"
	"github.com/google/uuid"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/image"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
)

// Create makes the container's pod and returns when its init answers. For a
// handle that is known it waits for the start in progress, if any, and returns
// that container: a client that lost its connection asks again.
//
// A client may say for how long it waits (contract.AwaitStart). It is answered by then, with
// what the start waits for, and asks again.
//
// If the pod does not start, the error says why at once. Pod, Secret and state are
// removed behind it: a kubelet may pull first. The container is in no list then. Who asks for
// its handle again waits until it is gone.
func (b *Backend) Create(spec garden.ContainerSpec) (garden.Container, error) {
	if spec.Handle == "" {
		spec.Handle = uuid.NewString()
	}
	ctx, cancel, err := b.takePatience(&spec)
	if err != nil {
		return nil, err
	}
	defer cancel()
	img, err := b.judge(&spec)
	if err != nil {
		return nil, err
	}
	for {
		container, err := b.findOrStart(spec, img)
		if err != nil {
			return nil, err
		}
		joins := container.life.Phase() == lifecycle.Starting
		seen, err := container.life.Wait(ctx, func(phase lifecycle.Phase) bool { return phase != lifecycle.Starting })
		switch {
		case err != nil:
			return nil, contract.StillStarting{Handle: spec.Handle, Waiting: container.waitsFor()}
		case seen.Phase.IsUsable():
			container.remind(spec.Env)
			return container, nil
		case seen.StartError != nil && (container.tells(img) || joins):
			return nil, seen.StartError
		}
		if err := b.removeForNext(ctx, container); err != nil {
			return nil, err
		}
	}
}

// takePatience takes from the specification for how long its client waits. It waits for ever if
// it does not say so.
func (b *Backend) takePatience(spec *garden.ContainerSpec) (context.Context, context.CancelFunc, error) {
	wanted, isGiven := spec.Properties[contract.AwaitStart]
	if !isGiven {
		ctx, cancel := context.WithCancel(context.Background())
		return ctx, cancel, nil
	}
	delete(spec.Properties, contract.AwaitStart)
	patience, err := time.ParseDuration(wanted)
	if err != nil {
		return nil, nil, fmt.Errorf("create container %s: property %s: %w", spec.Handle, contract.AwaitStart, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	return ctx, cancel, nil
}

// judge refuses what can't be a container of this worker, and takes from the specification what
// it may not ask for.
func (b *Backend) judge(spec *garden.ContainerSpec) (image.Image, error) {
	if err := checkHandle(spec.Handle); err != nil {
		return image.Image{}, err
	}
	if err := checkMountPaths(*spec); err != nil {
		return image.Image{}, err
	}
	if err := b.PrivilegedMode.decide(spec); err != nil {
		return image.Image{}, err
	}
	spec.Properties = contract.CutAll(spec.Properties)
	return b.imageOf(*spec)
}

// findOrStart returns the container of the handle. If there is none it registers one, which can
// be destroyed from then on, and starts it.
func (b *Backend) findOrStart(spec garden.ContainerSpec, img image.Image) (*Container, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if existing := b.containers[spec.Handle]; existing != nil {
		return existing, nil
	}
	if b.destroyed.has(spec.Handle, time.Now()) {
		return nil, fmt.Errorf("create container %s: it was destroyed before", spec.Handle)
	}
	container := b.newContainer(spec, img)
	b.containers[spec.Handle] = container
	go b.run(b.newStart(container, spec, img))
	return container, nil
}

// removeForNext returns when a container that is going is gone, so that its handle is free.
func (b *Backend) removeForNext(ctx context.Context, going *Container) error {
	patient, cancel := context.WithDeadline(ctx, going.goingSince().Add(b.PodStartupTimeout))
	defer cancel()
	defer context.AfterFunc(b.ctx, cancel)()
	err := b.remove(patient, going)
	switch {
	case err == nil:
		return nil
	case b.ctx.Err() != nil:
		return b.disappeared("it was stopped before the container could be made")
	case ctx.Err() != nil:
		return contract.StillStarting{Handle: going.handle, Waiting: "the earlier container of this handle to be removed: " + err.Error()}
	}
	return fmt.Errorf("create container %s: remove the earlier one of that handle, which has ended: %w", going.handle, err)
}
