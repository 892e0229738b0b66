package kubernetes

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3"
	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// Create makes the container's pod and returns when its init answers. For a
// handle that is known it waits for the start in progress, if any, and returns
// that container: a client that lost its connection asks again.
//
// If the pod does not start, the error says why at once. Pod, Secret and state are
// removed behind it: web has a time for a request, and a kubelet may pull first.
// The container is in no list then, and who asks for its handle again waits.
func (b *Backend) Create(spec garden.ContainerSpec) (garden.Container, error) {
	if spec.Handle == "" {
		spec.Handle = uuid.NewString()
	}
	if err := checkHandle(spec.Handle); err != nil {
		return nil, err
	}
	if err := checkMountPaths(spec); err != nil {
		return nil, err
	}
	if err := b.PrivilegedMode.decide(&spec); err != nil {
		return nil, err
	}
	spec.Properties = contract.CutAll(spec.Properties)
	deadline := time.Now().Add(b.PodStartupTimeout)
	if err := b.makeRoomFor(spec, deadline); err != nil {
		return nil, err
	}
	image, err := b.imageOrigin(spec)
	if err != nil {
		return nil, err
	}
	container, isNew := b.register(spec)
	if isNew {
		b.startOrRemove(container, image, deadline, func(ctx context.Context) error {
			return b.start(ctx, container, spec)
		})
	}
	<-container.started
	if container.startError != nil {
		return nil, container.startError
	}
	container.remind(spec.Env)
	return container, nil
}

func (b *Backend) stateDir(handle string) string {
	return filepath.Join(b.StateDir, handle)
}

// register returns the container of that handle, a new one if there is none. From
// then on it can be destroyed.
func (b *Backend) register(spec garden.ContainerSpec) (container *Container, isNew bool) {
	podName := pod.Name(spec.Handle, spec.Properties)
	b.mu.Lock()
	defer b.mu.Unlock()

	if existing := b.containers[spec.Handle]; existing != nil {
		return existing, false
	}
	image, _ := contract.ImageOf(spec)
	container = b.newContainer(spec.Handle, newState(b.stateDir(spec.Handle), record{
		PodName:        podName,
		GraceTime:      spec.GraceTime,
		Properties:     spec.Properties,
		ImageDirectory: image.Directory,
		HasSecret:      pod.HasLogin(spec),
		Hermetic:       isHermetic(spec),
		HasEnvironment: len(spec.Env) > 0,
	}))
	container.environment = spec.Env
	container.pod = newWatchedPod(podName)
	b.containers[spec.Handle] = container
	return container, true
}

// startOrRemove ends the start of a container, in one way or the other.
func (b *Backend) startOrRemove(container *Container, image string, deadline time.Time, start func(context.Context) error) {
	defer func() {
		close(container.started)
		if container.startError != nil {
			go b.removeFailed(container)
			return
		}
		go b.removeWhenSpent(container)
	}()
	defer container.abortStart(nil)
	ctx, cancel := context.WithDeadlineCause(container.startContext, deadline, errTookTooLong)
	defer cancel()

	logger := b.Logger.WithData(lager.Data{"handle": container.handle, "pod": container.pod.name})
	began := time.Now()
	err := start(ctx)
	if err == nil {
		logger.Info("pod-started", lager.Data{"took": time.Since(began).String()})
		return
	}
	logger.Info("pod-not-started", lager.Data{"error": err.Error()})
	container.startError = fmt.Errorf("start pod %s with image %s on node %s: %w", container.podName(), image, b.NodeName, err)
}

func (b *Backend) start(ctx context.Context, container *Container, spec garden.ContainerSpec) error {
	if err := container.state.create(); err != nil {
		return err
	}
	if err := checkSources(spec.BindMounts); err != nil {
		return err
	}
	image, err := b.image(ctx, spec)
	if err != nil {
		return err
	}
	desired := pod.Build(b.Worker(), spec, image, container.state.runDir())
	if !pod.HasLogin(spec) {
		b.private.guard(desired)
		return b.startPod(ctx, container, desired)
	}
	return b.startPrivate(container, image, func() error {
		if err := b.createSecret(ctx, spec, desired); err != nil {
			return err
		}
		return b.startPod(ctx, container, desired)
	})
}

func (b *Backend) startPod(ctx context.Context, container *Container, desired *corev1.Pod) error {
	templated, err := b.PodTemplate.Apply(desired)
	if err != nil {
		return err
	}
	created, err := b.createPod(ctx, container, templated)
	if err != nil {
		return err
	}
	return b.finishStart(ctx, container, templated, created)
}

func (b *Backend) createPod(ctx context.Context, container *Container, desired *corev1.Pod) (created *corev1.Pod, err error) {
	again := false
	err = b.untilAnswered(ctx, func(ctx context.Context) error {
		created, err = b.Client.CoreV1().Pods(b.Namespace).Create(ctx, desired, metav1.CreateOptions{})
		if again && apierrors.IsAlreadyExists(err) {
			if found, findErr := b.findPod(ctx, container); found != nil || findErr != nil {
				created = found
				return findErr
			}
		}
		again = true
		if err != nil {
			return apiError("create", "the pod", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	container.pod.created(created)
	return created, nil
}

// finishStart is what follows the creation of the pod. A worker that was
// restarted does all of it again.
func (b *Backend) finishStart(ctx context.Context, container *Container, desired, created *corev1.Pod) error {
	for untilRoom := b.patience.room; ; {
		err := b.awaitStart(ctx, container, created)
		refusal := noRoom(err)
		if refusal == nil {
			return err
		}
		created, err = b.createAgain(ctx, container, desired, refusal, untilRoom.take())
		if err != nil {
			return err
		}
	}
}

// awaitStart returns when processes may run in the pod.
func (b *Backend) awaitStart(ctx context.Context, container *Container, created *corev1.Pod) error {
	recorded := container.state.read()
	if recorded.HasSecret {
		if err := b.handSecretOver(ctx, created); err != nil {
			return err
		}
	}
	if err := b.awaitInit(ctx, container); err != nil {
		return err
	}
	if recorded.HasSecret {
		if err := b.private.remember(created.Spec.Containers[0].Image); err != nil {
			return err
		}
	}
	if recorded.Hermetic {
		if err := b.cutOffNetwork(ctx, container); err != nil {
			return err
		}
	}
	return container.state.change(func(r *record) { r.Started = true })
}
