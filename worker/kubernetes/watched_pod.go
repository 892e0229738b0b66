package kubernetes

import (
	"context"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// watchedPod is the last that was heard of a pod.
type watchedPod struct {
	name string

	mu      sync.Mutex
	last    podSeen
	former  types.UID // of the pod in whose place this one is
	changed chan struct{}
}

// podSeen is a pod as the API server showed it last. The pod is nil until then.
type podSeen struct {
	pod  *corev1.Pod
	gone bool
}

func (s podSeen) ended() bool {
	return s.gone || s.pod != nil && pod.Ended(s.pod)
}

// ending says whether the pod has ended or is being deleted.
func (s podSeen) ending() bool {
	return s.ended() || s.pod != nil && s.pod.DeletionTimestamp != nil
}

func newWatchedPod(name string) *watchedPod {
	return &watchedPod{name: name, changed: make(chan struct{})}
}

// see returns the last state, and a channel that is closed when there is a
// newer one.
func (w *watchedPod) see() (podSeen, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last, w.changed
}

// created is for the answer to the pod's creation, which the watch may precede.
func (w *watchedPod) created(pod *corev1.Pod) {
	if seen, _ := w.see(); seen.pod == nil {
		w.set(podSeen{pod: pod})
	}
}

func (w *watchedPod) changedTo(pod *corev1.Pod) {
	if w.is(pod) {
		w.set(podSeen{pod: pod})
	}
}

// deleted says false if it was another pod that was deleted.
func (w *watchedPod) deleted(pod *corev1.Pod) bool {
	if !w.is(pod) {
		return false
	}
	w.set(podSeen{pod: pod, gone: true})
	return true
}

// vanished is for a pod that was removed.
func (w *watchedPod) vanished() {
	seen, _ := w.see()
	w.set(podSeen{pod: seen.pod, gone: true})
}

// forget makes room for another pod of the name.
func (w *watchedPod) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.former = w.last.pod.UID
	w.last = podSeen{}
}

// is says whether what was heard of a pod was heard of this one. A person's copy
// of it has its labels and annotations (kubectl debug --copy-to --keep-labels).
func (w *watchedPod) is(pod *corev1.Pod) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if pod.Name != w.name {
		return false
	}
	if w.last.pod != nil {
		return w.last.pod.UID == pod.UID
	}
	return w.former == "" || w.former != pod.UID
}

func (w *watchedPod) set(seen podSeen) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = seen
	close(w.changed)
	w.changed = make(chan struct{})
}

// wait returns when the condition holds, or with the context's error.
func (w *watchedPod) wait(ctx context.Context, condition func(podSeen) bool) (podSeen, error) {
	for {
		seen, changed := w.see()
		if condition(seen) {
			return seen, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return seen, ctx.Err()
		}
	}
}
