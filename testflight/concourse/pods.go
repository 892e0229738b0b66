package concourse

import (
	"context"
	"fmt"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
)

// Pods remembers every pod of the namespace and what the kubelet said about
// its image, also after the pod is gone.
type Pods struct {
	mutex sync.Mutex
	order []string
	pods  map[string]*corev1.Pod
	pulls map[string]string
}

// WatchPods remembers pods until ctx ends.
func (c *Concourse) WatchPods(ctx context.Context) (*Pods, error) {
	client, err := c.Client()
	if err != nil {
		return nil, err
	}
	seen := &Pods{pods: map[string]*corev1.Pod{}, pulls: map[string]string{}}
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(Namespace))

	pods, events := factory.Core().V1().Pods().Informer(), factory.Core().V1().Events().Informer()
	if _, err := pods.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { seen.addPod(object.(*corev1.Pod)) },
		UpdateFunc: func(_, object any) { seen.addPod(object.(*corev1.Pod)) },
	}); err != nil {
		return nil, err
	}
	if _, err := events.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) { seen.addEvent(object.(*corev1.Event)) },
	}); err != nil {
		return nil, err
	}

	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), pods.HasSynced, events.HasSynced) {
		return nil, fmt.Errorf("watch the pods of namespace %s: %w", Namespace, context.Cause(ctx))
	}
	return seen, nil
}

func (p *Pods) addPod(pod *corev1.Pod) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if _, known := p.pods[pod.Name]; !known {
		p.order = append(p.order, pod.Name)
	}
	p.pods[pod.Name] = pod
}

func (p *Pods) addEvent(event *corev1.Event) {
	if event.Reason != "Pulled" || event.InvolvedObject.Kind != "Pod" {
		return
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.pulls[event.InvolvedObject.Name] = event.Message
}

// Each calls f with every pod that was seen, in the order of their creation,
// and with the kubelet's words about the pull of its image, empty if it said none.
func (p *Pods) Each(f func(pod *corev1.Pod, pull string)) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, name := range p.order {
		f(p.pods[name], p.pulls[name])
	}
}

// ChecksImage tells whether a pod ran the check of an image.
func ChecksImage(pod *corev1.Pod) bool {
	return pod.Labels["concourse-ci.org/type"] == "check" &&
		strings.Contains(pod.Spec.Containers[0].Image, "/registry-image-resource")
}

// GetsImage tells whether a pod ran the get of an image: the registry-image
// resource, as a get.
func GetsImage(pod *corev1.Pod) bool {
	return pod.Labels["concourse-ci.org/type"] == "get" &&
		strings.Contains(pod.Spec.Containers[0].Image, "/registry-image-resource")
}
