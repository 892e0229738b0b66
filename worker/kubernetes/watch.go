package kubernetes

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"code.cloudfoundry.org/lager/v3"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// Start finds the containers of an earlier life of this worker, removes what
// lost its other half, and watches the worker's pods from then on.
func (b *Backend) Start() error {
	ctx, cancel := context.WithTimeout(b.ctx, b.patience.request)
	defer cancel()

	for _, dir := range []string{b.StateDir, b.trashDir()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("create the state directory of the Kubernetes runtime: %w", err)
		}
	}
	b.emptyTrash()
	// An informer retries for ever what this says at once.
	if _, err := b.Client.CoreV1().Pods(b.Namespace).List(ctx, metav1.ListOptions{Limit: 1}); err != nil {
		return apiError("list", "pods in namespace "+b.Namespace, err)
	}
	if err := b.watchPods(ctx); err != nil {
		return err
	}
	return b.removeAbandonedState(ctx)
}

// watchPods returns when every pod that was there has been seen.
func (b *Backend) watchPods(ctx context.Context) error {
	factory := informers.NewSharedInformerFactoryWithOptions(b.Client, 0,
		informers.WithNamespace(b.Namespace),
		informers.WithTweakListOptions(func(options *metav1.ListOptions) {
			options.LabelSelector = pod.Selector(b.WorkerName)
		}))
	informer := factory.Core().V1().Pods().Informer()
	if err := informer.SetWatchErrorHandler(func(_ *cache.Reflector, err error) {
		b.Logger.Error("failed-to-watch-pods", apiError("watch", "pods in namespace "+b.Namespace, err))
	}); err != nil {
		return fmt.Errorf("watch pods: %w", err)
	}
	handler, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { b.podChanged(object.(*corev1.Pod)) },
		UpdateFunc: func(_, object any) { b.podChanged(object.(*corev1.Pod)) },
		DeleteFunc: b.podDeleted,
	})
	if err != nil {
		return fmt.Errorf("watch pods: %w", err)
	}
	factory.Start(b.ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), handler.HasSynced) {
		return fmt.Errorf("watch pods in namespace %s: the API server did not list them within %s", b.Namespace, b.patience.request)
	}
	return nil
}

func (b *Backend) podChanged(changed *corev1.Pod) {
	if !pod.BelongsTo(changed, b.Worker()) {
		return
	}
	container := b.find(pod.Handle(changed))
	if container == nil {
		container = b.adopt(changed)
	}
	if container != nil {
		container.pod.changedTo(changed)
	}
}

func (b *Backend) podDeleted(object any) {
	if unknown, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = unknown.Obj
	}
	deleted, ok := object.(*corev1.Pod)
	if !ok || !pod.BelongsTo(deleted, b.Worker()) {
		return
	}
	if b.ctx.Err() != nil { // the next worker finds the state, and cleans up by it
		return
	}
	container := b.find(pod.Handle(deleted))
	if container == nil || !container.pod.deleted(deleted) || !container.hasStarted() {
		return
	}
	if !container.removal.TryAcquire(1) {
		return // it is being removed, with more than its state
	}
	go b.dropDeleted(container, deleted)
}

// adopt makes a container of a pod from an earlier life of this worker, and goes
// on starting one that had not started. A pod without state is of no use to
// anyone and goes.
func (b *Backend) adopt(found *corev1.Pod) *Container {
	handle := pod.Handle(found)
	logger := b.Logger.Session("adopt", lager.Data{"pod": found.Name, "handle": handle})

	known, err := loadState(b.stateDir(filepath.Base(handle)))
	if err != nil {
		logger.Error("removing-pod-without-state", err)
		go b.deleteOrphan(logger, found)
		return nil
	}
	if ofName := known.read().PodName; found.Name != ofName {
		logger.Info("ignoring-pod-of-another-name", lager.Data{"name": ofName})
		return nil
	}
	container := b.newContainer(handle, known)
	container.pod = newWatchedPod(found.Name)
	container.pod.created(found)

	b.mu.Lock()
	b.containers[handle] = container
	b.mu.Unlock()
	if known.read().Started {
		close(container.started)
		go b.removeWhenSpent(container)
	} else {
		go b.startOrRemove(container, found.Spec.Containers[0].Image, time.Now().Add(b.PodStartupTimeout), func(ctx context.Context) error {
			return b.resumeStart(ctx, container, found)
		})
	}
	logger.Info("adopted")
	return container
}

// resumeStart goes on with the start of a pod that an earlier life of this worker
// created. Its image is served again only once it was asked for.
func (b *Backend) resumeStart(ctx context.Context, container *Container, found *corev1.Pod) error {
	if directory := container.state.read().ImageDirectory; directory != "" {
		if _, err := b.volumeImage(ctx, directory); err != nil {
			return err
		}
	}
	finish := func() error { return b.finishStart(ctx, container, pod.Again(found), found) }
	if !container.state.read().HasSecret {
		return finish()
	}
	return b.startPrivate(container, found.Spec.Containers[0].Image, finish)
}

func (b *Backend) deleteOrphan(logger lager.Logger, orphan *corev1.Pod) {
	if _, err := b.deletePod(b.ctx, orphan); err != nil {
		logger.Error("failed-to-delete-pod", err)
	}
}

// removeAbandonedState removes directories whose pod is gone, and the Secret of
// a container that was being created when the worker died: no pod owns it yet.
func (b *Backend) removeAbandonedState(ctx context.Context) error {
	entries, err := os.ReadDir(b.StateDir)
	if err != nil {
		return fmt.Errorf("list the state directories of containers: %w", err)
	}
	for _, entry := range entries {
		dir := filepath.Join(b.StateDir, entry.Name())
		if b.find(entry.Name()) != nil {
			continue
		}
		if abandoned, err := loadState(dir); err == nil && abandoned.record.HasSecret {
			if err := b.deleteSecret(ctx, abandoned.record.PodName); err != nil {
				b.Logger.Error("failed-to-delete-abandoned-secret", err)
				continue
			}
		}
		if err := b.discard(dir); err != nil {
			return err
		}
		b.Logger.Info("removed-abandoned-state", lager.Data{"handle": entry.Name()})
	}
	return nil
}
