package podwatch

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Handlers are told of each pod, one after the other.
type Handlers struct {
	// Changed is told of a pod that is there, also of each that was there at first.
	Changed func(*corev1.Pod)

	// Deleted is told of a pod that is gone, as it was last seen.
	Deleted func(*corev1.Pod)

	// Failed is told why the API server could not be watched. The watch goes on.
	Failed func(error)
}

// Start watches the pods that a selector selects until the context watching ends. It returns
// when the handlers have been told of every pod that was there, or when the context starting
// has ended before.
func Start(starting, watching context.Context, client kubernetes.Interface, namespace, selector string, handlers Handlers) error {
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0,
		informers.WithNamespace(namespace),
		informers.WithTweakListOptions(func(options *metav1.ListOptions) { options.LabelSelector = selector }))
	informer := factory.Core().V1().Pods().Informer()
	if err := informer.SetWatchErrorHandler(func(_ *cache.Reflector, err error) { handlers.Failed(err) }); err != nil {
		return fmt.Errorf("watch pods: %w", err)
	}
	registered, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { handlers.Changed(object.(*corev1.Pod)) },
		UpdateFunc: func(_, object any) { handlers.Changed(object.(*corev1.Pod)) },
		DeleteFunc: func(object any) {
			if gone := deleted(object); gone != nil {
				handlers.Deleted(gone)
			}
		},
	})
	if err != nil {
		return fmt.Errorf("watch pods: %w", err)
	}
	factory.Start(watching.Done())
	if !cache.WaitForCacheSync(starting.Done(), registered.HasSynced) {
		return fmt.Errorf("watch pods in namespace %s: the API server did not list them in time", namespace)
	}
	return nil
}

// deleted is the pod of a deletion, which the watch may have missed.
func deleted(object any) *corev1.Pod {
	if unknown, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = unknown.Obj
	}
	gone, _ := object.(*corev1.Pod)
	return gone
}
