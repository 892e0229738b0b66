package node

import (
	"context"
	"fmt"
	"sync"
	"time"

	"code.cloudfoundry.org/lager/v3"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// grant is what an operator is told whose worker may not watch its Node.
const grant = "give the worker's service account a ClusterRole with the verbs list and watch on nodes: " +
	"until it has that and starts again, it does not notice that its node is cordoned, and takes builds on one that is"

// patience bounds the first look at the Node.
const patience = 30 * time.Second

// Watched is the last that was heard of a Node.
type Watched struct {
	name   string
	logger lager.Logger

	mu       sync.Mutex
	cordoned bool
	changed  chan struct{}

	sayForbidden sync.Once
}

// Watch returns when it knows the Node, and watches it until the context ends.
// A Node that the worker may not watch is never cordoned: the worker works as it
// would without that. One that is deleted stays as it was.
func Watch(ctx context.Context, client kubernetes.Interface, name string, logger lager.Logger) (*Watched, error) {
	w := &Watched{name: name, logger: logger, changed: make(chan struct{})}

	// An informer retries for ever what this says at once.
	looking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := client.CoreV1().Nodes().List(looking, w.itself())
	switch {
	case apierrors.IsForbidden(err):
		w.mayNot(err)
		return w, nil
	case err != nil:
		return nil, fmt.Errorf("find out whether node %s is cordoned: list it: %w: is the API server reachable, and are the worker's credentials valid?", name, err)
	case len(found.Items) == 0:
		w.logger.Info("there-is-no-such-node")
	default:
		w.changedTo(&found.Items[0])
	}
	if err := w.watch(ctx, client); err != nil {
		return nil, err
	}
	return w, nil
}

// itself selects the Node alone, which is also the only selection that RBAC lets
// pass if the role names the Node (resourceNames).
func (w *Watched) itself() metav1.ListOptions {
	return metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector(metav1.ObjectNameField, w.name).String()}
}

func (w *Watched) watch(ctx context.Context, client kubernetes.Interface) error {
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0,
		informers.WithTweakListOptions(func(options *metav1.ListOptions) { options.FieldSelector = w.itself().FieldSelector }))
	informer := factory.Core().V1().Nodes().Informer()
	if err := informer.SetWatchErrorHandler(w.failed); err != nil {
		return fmt.Errorf("watch node %s: %w", w.name, err)
	}
	if _, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { w.changedTo(object.(*corev1.Node)) },
		UpdateFunc: func(_, object any) { w.changedTo(object.(*corev1.Node)) },
	}); err != nil {
		return fmt.Errorf("watch node %s: %w", w.name, err)
	}
	factory.Start(ctx.Done())
	return nil
}

func (w *Watched) failed(_ *cache.Reflector, err error) {
	if apierrors.IsForbidden(err) {
		w.mayNot(err)
		return
	}
	w.logger.Error("failed-to-watch-node", err)
}

func (w *Watched) mayNot(err error) {
	w.sayForbidden.Do(func() { w.logger.Error("drains-are-not-noticed", err, lager.Data{"advice": grant}) })
}

// Cordoned says whether the node takes no new pods, and returns a channel that is
// closed when that has changed.
func (w *Watched) Cordoned() (bool, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cordoned, w.changed
}

func (w *Watched) changedTo(node *corev1.Node) { w.set(node.Spec.Unschedulable) }

func (w *Watched) set(cordoned bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cordoned == cordoned {
		return // the kubelet writes its Node's status all the time
	}
	w.cordoned = cordoned
	close(w.changed)
	w.changed = make(chan struct{})
}
