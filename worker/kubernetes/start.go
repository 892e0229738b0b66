package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/admission"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/image"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/statedir"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod/template"
)

// start is how a container becomes ready. It makes one pod after the other until the node has
// room for one.
type start struct {
	// ctx ends when the start is aborted.
	ctx       context.Context
	container *Container
	image     image.Image

	// mounts are what has to be there for the pod.
	mounts []garden.BindMount

	// build returns the pod for a run directory, without the operator's template.
	build func(from image.Image, runDir string) *corev1.Pod

	// template is merged into the pod.
	template *template.Template

	// existing is the pod that an earlier life of the worker made.
	existing *corev1.Pod

	// hasSecret says that the pull Secret is there.
	hasSecret bool

	left time.Duration
	turn turn
}

func (b *Backend) newStart(container *Container, spec garden.ContainerSpec, img image.Image) *start {
	return &start{
		ctx:       b.startContext(container),
		container: container,
		image:     img,
		mounts:    spec.BindMounts,
		build: func(from image.Image, runDir string) *corev1.Pod {
			return pod.Build(b.Worker(), spec, from, runDir)
		},
		template: b.PodTemplate,
		left:     b.PodStartupTimeout,
	}
}

// startContext is the context of a start of the container, which can be aborted from then on.
func (b *Backend) startContext(container *Container) context.Context {
	ctx, abort := context.WithCancelCause(b.ctx)
	container.abortStart = abort
	return ctx
}

// run starts a container, or has it removed.
func (b *Backend) run(s *start) {
	container := s.container
	defer container.abortStart(nil)
	defer s.turn.pass()

	logger := b.Logger.WithData(lager.Data{"handle": container.handle, "pod": container.pod.Name()})
	began := time.Now()
	err := b.makeReady(s)
	if err == nil {
		err = b.becomeReady(container)
	}
	if err == nil {
		logger.Info("pod-started", lager.Data{"took": time.Since(began).String()})
		return
	}
	logger.Info("pod-not-started", lager.Data{"error": err.Error()})
	container.life.StartFailed(fmt.Errorf("start pod %s with image %s on node %s: %w", container.podName(), s.image, b.NodeName, err))
	b.entered(container, lifecycle.Discarded)
}

// becomeReady has the container be used, unless its pod has ended by now. The watch tells of an
// end after that.
func (b *Backend) becomeReady(container *Container) error {
	var podEnd error
	if seen, _ := container.pod.See(); seen.Ended() {
		podEnd = b.whyEnded(seen)
	}
	phase, err := container.life.Started(podEnd)
	if err != nil {
		return err
	}
	b.entered(container, phase)
	if seen, _ := container.pod.See(); seen.Ended() {
		b.podEnded(container, seen)
	}
	return nil
}

func (b *Backend) makeReady(s *start) error {
	ctx := s.ctx
	if err := checkSources(s.mounts); err != nil {
		return err
	}
	err := s.inTime(ctx, func(ctx context.Context) (err error) {
		s.image, err = b.serve(ctx, s.image)
		return b.abortedOr(ctx, err)
	})
	if err != nil {
		return err
	}
	if s.image.HasLogin() {
		return b.placePrivate(ctx, s)
	}
	return b.place(ctx, s)
}

// placePrivate is for an image that is pulled with a login. A pod whose
// pull failed brought no image to the node: a wrong login must not make a public
// repository private for everyone.
func (b *Backend) placePrivate(ctx context.Context, s *start) error {
	repository := s.image.Repository()
	release := b.private.Pull(repository)
	defer release()
	err := b.place(ctx, s)
	seen, _ := s.container.pod.See()
	if failure, ok := errors.AsType[*pod.Failure](err); err == nil || seen.Pod == nil || ok && failure.IsOfPull() {
		return err
	}
	return errors.Join(err, b.private.Remember(repository))
}

// place makes pods until the node has room for one, and returns when processes may run in it.
func (b *Backend) place(ctx context.Context, s *start) error {
	if err := b.queueUp(ctx, s); err != nil {
		return err
	}
	for pauses := b.patience.room; ; {
		left, freed := s.left, b.freed.Next()
		err := s.inTime(ctx, func(ctx context.Context) error { return b.try(ctx, s) })
		lacks, ok := shortageOf(err)
		if !ok {
			return err
		}
		s.left = left // what counts is the wait, if no others run
		if err := b.awaitRoom(ctx, s, lacks, err, freed, pauses.Step()); err != nil {
			return err
		}
	}
}

// try makes one pod, and returns when processes may run in it.
func (b *Backend) try(ctx context.Context, s *start) error {
	created := s.existing
	s.existing = nil
	if created == nil {
		var err error
		if created, err = b.create(ctx, s); err != nil {
			return b.abortedOr(ctx, err)
		}
	}
	s.container.pod.Created(created)
	if s.image.HasLogin() {
		if err := b.api.HandSecretOver(ctx, created); err != nil {
			return b.abortedOr(ctx, err)
		}
	}
	if err := b.awaitInit(ctx, s); err != nil {
		return err
	}
	return b.finish(ctx, s)
}

// create makes a pod with a run directory of its own. The pull policy is decided each time:
// another login may have made the image's repository private since.
func (b *Backend) create(ctx context.Context, s *start) (*corev1.Pod, error) {
	container := s.container
	runDir, err := container.state.NextRun()
	if err != nil {
		return nil, err
	}
	container.connectTo(b.NewInit(pod.SocketPath(runDir)))
	built := s.build(s.image.Guarded(b.private.Holds(s.image.Repository())), runDir)
	desired, err := s.template.Apply(built)
	if err != nil {
		return nil, err
	}
	if s.image.HasLogin() && !s.hasSecret {
		config, err := s.image.DockerConfig()
		if err != nil {
			return nil, err
		}
		if err := b.api.CreateSecret(ctx, built, config); err != nil {
			return nil, err
		}
		s.hasSecret = true
	}
	created, err := b.api.CreatePod(ctx, desired, container.owns)
	if admission.RefusedByLimitRange(err) {
		return b.createFitted(ctx, container, desired, built, err)
	}
	return created, err
}

// createFitted creates a pod that the namespace's LimitRanges refused, as they admit it.
func (b *Backend) createFitted(ctx context.Context, container *Container, refused, built *corev1.Pod, refusal error) (*corev1.Pod, error) {
	ranges, err := b.api.LimitRanges(ctx)
	if err != nil {
		return nil, errors.Join(refusal, err)
	}
	fitted, err := admission.FitLimitRanges(refused, built.Spec.Containers[0].Resources, ranges)
	if err != nil {
		return nil, err
	}
	return b.api.CreatePod(ctx, fitted, container.owns)
}

// finish is what is left to do once init answers.
func (b *Backend) finish(ctx context.Context, s *start) error {
	if s.image.HasLogin() {
		if err := b.private.Remember(s.image.Repository()); err != nil {
			return err
		}
	}
	if s.container.state.Read().Hermetic {
		if err := b.cutOffNetwork(ctx, s.container); err != nil {
			return err
		}
	}
	b.setNamedWeight(ctx, s.container)
	return s.container.state.Change(func(r *statedir.Record) { r.Phase = lifecycle.Ready })
}

// inTime spends of the time that the start may take.
func (s *start) inTime(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.left, errTookTooLong)
	defer cancel()
	began := time.Now()
	defer func() { s.left -= time.Since(began) }()
	return do(ctx)
}
