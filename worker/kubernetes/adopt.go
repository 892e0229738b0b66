package kubernetes

import (
	"cmp"
	"context"
	"errors"

	"code.cloudfoundry.org/lager/v3"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/image"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/apiserver"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/podwatch"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/statedir"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// Start finds the containers of an earlier life of this worker and goes on with them. It
// watches the worker's pods from then on.
func (b *Backend) Start() error {
	ctx, cancel := context.WithTimeout(b.ctx, b.patience.request)
	defer cancel()

	if err := b.states.Prepare(); err != nil {
		return err
	}
	if err := b.api.CanListPods(ctx); err != nil {
		return err
	}
	adopted, err := b.load()
	if err != nil {
		return err
	}
	err = podwatch.Start(ctx, b.ctx, b.Client, b.Namespace, pod.Selector(b.WorkerName), podwatch.Handlers{
		Changed: b.podChanged,
		Deleted: b.podDeleted,
		Failed: func(err error) {
			b.Logger.Error("failed-to-watch-pods", apiserver.Error("watch", "pods in namespace "+b.Namespace, err))
		},
	})
	if err != nil {
		return err
	}
	for _, container := range adopted {
		if err := b.adopt(ctx, container); err != nil {
			return err
		}
	}
	go b.letIdleChecksGo()
	return nil
}

// load registers the containers that have a record.
func (b *Backend) load() ([]*Container, error) {
	handles, err := b.states.Handles()
	if err != nil {
		return nil, err
	}
	var loaded []*Container
	for _, handle := range handles {
		state, err := b.states.Load(handle)
		if err != nil {
			// The record is written before the pod is made.
			b.Logger.Error("removing-state-without-record", err, lager.Data{"handle": handle})
			if err := b.states.Discard(handle); err != nil {
				return nil, err
			}
			continue
		}
		recorded := state.Read()
		var reason error
		if recorded.Reason != "" {
			reason = errors.New(recorded.Reason)
		}
		life := lifecycle.New(kindOf(recorded.Properties))
		if recorded.Phase != lifecycle.Starting {
			life = lifecycle.Resume(kindOf(recorded.Properties), cmp.Or(recorded.Phase, lifecycle.Ready), reason, hasRun(recorded))
		}
		container := b.containerOf(handle, life, podwatch.Known(recorded.PodName), state)
		b.mu.Lock()
		b.containers[handle] = container
		b.mu.Unlock()
		loaded = append(loaded, container)
	}
	return loaded, nil
}

// adopt goes on with a container. The watch may know less than the API server, which therefore
// is asked before anything is given up.
func (b *Backend) adopt(ctx context.Context, container *Container) error {
	seen, _ := container.pod.See()
	if seen.Pod == nil {
		found, err := b.findPod(ctx, container)
		if err != nil {
			return err
		}
		if found != nil {
			container.pod.Created(found)
		} else {
			container.pod.Vanished()
		}
		seen.Pod = found
	}
	b.goOn(container, seen.Pod)
	b.Logger.Info("adopted", lager.Data{"handle": container.handle, "pod": container.pod.Name(), "phase": container.life.Phase()})
	return nil
}

// hasRun says whether a process ran in the container, so that its pod may be of no more use.
func hasRun(recorded statedir.Record) bool {
	return len(recorded.Processes) > 0 || kindOf(recorded.Properties) == lifecycle.Check
}

func (b *Backend) goOn(container *Container, found *corev1.Pod) {
	recorded := container.state.Read()
	isOld := recorded.BootID != b.BootID
	switch phase := container.life.Phase(); {
	case phase == lifecycle.Starting && found != nil && !isOld:
		go b.run(b.resumedStart(container, found))
	case phase == lifecycle.Starting:
		b.rememberLogin(recorded, found)
		container.life.StartFailed(errGoneWhileAway)
		b.entered(container, lifecycle.Discarded)
	case phase == lifecycle.Discarded:
		b.entered(container, phase)
	case recorded.Phase == "":
		b.endPodOf(container, b.disappeared("an earlier version of it made the pod, which this one can't go on with"))
	case phase == lifecycle.Ready && isOld:
		b.endPodOf(container, b.disappeared("node "+b.NodeName+" was restarted"))
	case phase == lifecycle.Ready && found == nil:
		b.endPodOf(container, errGoneWhileAway)
	case phase == lifecycle.Ready:
		go b.setUnnamedWeight(container) // the worker may have ended before it did
	case found != nil && (phase == lifecycle.GaveWay || phase == lifecycle.Ended && isOld):
		go b.insistOnTakingPod(container, giveWaySession)
	}
}

// rememberLogin is for a start that is given up, and may have brought an image to the node that a
// login was needed for.
func (b *Backend) rememberLogin(recorded statedir.Record, found *corev1.Pod) {
	if !recorded.HasSecret || found == nil {
		return
	}
	if err := b.private.Remember(image.Resumed(found.Spec.Containers[0].Image, "", true).Repository()); err != nil {
		b.Logger.Error("failed-to-remember-private-repository", err)
	}
}

// endPodOf has a container be one whose pod has ended, also where the pod is still there.
func (b *Backend) endPodOf(container *Container, reason error) {
	phase, isNew := container.life.PodEnded(reason)
	if !isNew {
		return
	}
	b.entered(container, phase)
	if phase == lifecycle.Ended {
		go b.insistOnTakingPod(container, "remove-old-pod")
	}
}

// resumedStart goes on with the start of a pod that an earlier life of this worker
// created. Its image is served again only once it was asked for.
func (b *Backend) resumedStart(container *Container, found *corev1.Pod) *start {
	recorded := container.state.Read()
	return &start{
		ctx:       b.startContext(container),
		container: container,
		image:     image.Resumed(found.Spec.Containers[0].Image, recorded.ImageDirectory, recorded.HasSecret),
		build:     func(from image.Image, runDir string) *corev1.Pod { return pod.Again(found, from, runDir) },
		existing:  found,
		hasSecret: recorded.HasSecret,
		left:      b.PodStartupTimeout,
	}
}
