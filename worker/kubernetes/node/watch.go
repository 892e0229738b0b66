package node

import (
	"context"
	"fmt"
	"sync"
	"time"

	"code.cloudfoundry.org/lager/v3"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// grant is what an operator is told whose worker may not watch its Node.
const grant = "give the worker's service account a ClusterRole with the verbs list and watch on nodes: " +
	"until it has that and starts again, it does not notice that its node is cordoned, and takes builds on one that is, " +
	"and does not know how many pods its node takes"

// patience bounds the first look at the Node.
const patience = 30 * time.Second

// Watched is the last that was heard of a Node.
type Watched struct {
	name        string
	cordoned    *observed[bool]
	allocatable *observed[corev1.ResourceList] // nil if nothing was heard of it

	sayForbidden sync.Once
}

// New returns a Node of which nothing was heard: it is not cordoned.
func New(name string) *Watched {
	return &Watched{
		name:        name,
		cordoned:    newObserved(false, func(one, other bool) bool { return one == other }),
		allocatable: newObserved[corev1.ResourceList](nil, func(one, other corev1.ResourceList) bool { return equality.Semantic.DeepEqual(one, other) }),
	}
}

// Start returns when it knows the Node, and watches it until the context ends. It is called
// once. A Node that the worker may not watch stays as it was: the worker works as it would
// without that. So does one that is deleted.
func (w *Watched) Start(ctx context.Context, client kubernetes.Interface, logger lager.Logger) error {
	// An informer retries for ever what this says at once.
	looking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := client.CoreV1().Nodes().List(looking, w.itself())
	switch {
	case apierrors.IsForbidden(err):
		w.mayNot(logger, err)
		return nil
	case err != nil:
		return fmt.Errorf("find out whether node %s is cordoned: list it: %w: is the API server reachable, and are the worker's credentials valid?", w.name, err)
	case len(found.Items) == 0:
		logger.Info("there-is-no-such-node")
	default:
		w.changedTo(&found.Items[0])
	}
	return w.watch(ctx, client, logger)
}

// itself selects the Node alone, which is also the only selection that RBAC lets
// pass if the role names the Node (resourceNames).
func (w *Watched) itself() metav1.ListOptions {
	return metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector(metav1.ObjectNameField, w.name).String()}
}

func (w *Watched) watch(ctx context.Context, client kubernetes.Interface, logger lager.Logger) error {
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0,
		informers.WithTweakListOptions(func(options *metav1.ListOptions) { options.FieldSelector = w.itself().FieldSelector }))
	informer := factory.Core().V1().Nodes().Informer()
	if err := informer.SetWatchErrorHandler(func(_ *cache.Reflector, err error) { w.failed(logger, err) }); err != nil {
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

func (w *Watched) failed(logger lager.Logger, err error) {
	if apierrors.IsForbidden(err) {
		w.mayNot(logger, err)
		return
	}
	logger.Error("failed-to-watch-node", err)
}

func (w *Watched) mayNot(logger lager.Logger, err error) {
	w.sayForbidden.Do(func() { logger.Error("drains-are-not-noticed", err, lager.Data{"advice": grant}) })
}

func (w *Watched) changedTo(node *corev1.Node) {
	w.cordoned.set(node.Spec.Unschedulable)
	w.allocatable.set(node.Status.Allocatable.DeepCopy())
}

// Cordoned says whether the node takes no new pods, and returns a channel that is
// closed when that has changed.
func (w *Watched) Cordoned() (bool, <-chan struct{}) { return w.cordoned.get() }

// Allocatable is what the node has for pods (status.allocatable), and a channel that is
// closed when that has changed. It is not known where the worker may not look, or has not
// yet, and of a Node whose kubelet never wrote it.
func (w *Watched) Allocatable() (has corev1.ResourceList, known bool, changed <-chan struct{}) {
	has, changed = w.allocatable.get()
	return has.DeepCopy(), len(has) > 0, changed
}

// Pods is how many pods the node takes at once, those that are not the worker's included. It
// is not known where [Watched.Allocatable] is not.
func (w *Watched) Pods() (most int, known bool) {
	has, known, _ := w.Allocatable()
	pods, says := has[corev1.ResourcePods]
	return int(pods.Value()), known && says
}
