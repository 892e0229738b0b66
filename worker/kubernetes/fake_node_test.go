package kubernetes_test

import (
	"fmt"
	"path/filepath"
	"sync"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// fakeNode is a kubelet that takes so many pods, and each pod's init. It belongs to one spec: a
// worker may go on to create a pod after the spec.
type fakeNode struct {
	world *world

	mu      sync.Mutex
	maxPods int
	lacks   map[string]func(*corev1.PodStatus) // how pods of a handle are refused that ask for too much
	slow    map[string]bool                    // handles whose inits do not answer by themselves
	stuck   map[string]bool                    // handles whose pods stay when they are deleted

	taken    map[string]string        // handles by the names of the pods that are there
	inits    map[string]*fakeInit     // by run directory
	latest   map[string]*fakeInit     // by handle, of the pod that was taken last
	order    []string                 // handles of the pods that were taken
	refusals map[string]int           // how many pods were refused, by handle
	pods     map[string][]*corev1.Pod // all that were created, by handle
}

// newFakeNode has the world's backend work on a node that takes so many pods.
func newFakeNode(w *world, maxPods int) *fakeNode {
	n := &fakeNode{
		world:    w,
		maxPods:  maxPods,
		lacks:    map[string]func(*corev1.PodStatus){},
		slow:     map[string]bool{},
		stuck:    map[string]bool{},
		taken:    map[string]string{},
		inits:    map[string]*fakeInit{},
		latest:   map[string]*fakeInit{},
		refusals: map[string]int{},
		pods:     map[string][]*corev1.Pod{},
	}
	w.client.PrependReactor("create", "pods", n.admit)
	w.client.PrependReactor("delete", "pods", n.free)
	w.config.NewInit = n.newInit
	w.start()
	return n
}

func (n *fakeNode) newInit(socket string) kubernetes.Init {
	return initInPod{n.initIn(filepath.Dir(socket)), n.world.uids, filepath.Dir(socket)}
}

// initIn is the init that has a run directory. It is silent until its pod is taken.
func (n *fakeNode) initIn(runDir string) *fakeInit {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.initOn(runDir)
}

// initOn is called by who holds mu.
func (n *fakeNode) initOn(runDir string) *fakeInit {
	if n.inits[runDir] == nil {
		n.inits[runDir] = newFakeInit()
		n.inits[runDir].silence()
	}
	return n.inits[runDir]
}

func (n *fakeNode) admit(action clienttesting.Action) (bool, runtime.Object, error) {
	n.world.uids.identify(action)
	n.mu.Lock()
	defer n.mu.Unlock()
	created := action.(clienttesting.CreateAction).GetObject().(*corev1.Pod)
	handle := pod.Handle(created)
	defer func() { n.pods[handle] = append(n.pods[handle], created.DeepCopy()) }()
	switch {
	case n.lacks[handle] != nil:
		n.lacks[handle](&created.Status)
		n.refusals[handle]++
	case len(n.taken) >= n.maxPods:
		refuse(&created.Status, "OutOfpods", fmt.Sprintf("Node didn't have enough resource: pods, requested: 1, used: %d, capacity: %d", len(n.taken), n.maxPods))
		n.refusals[handle]++
	default:
		running(&created.Status)
		created.Status.StartTime = new(metav1.Now())
		n.taken[created.Name] = handle
		n.order = append(n.order, handle)
		n.latest[handle] = n.initOn(runDirOf(created))
		if !n.slow[handle] {
			n.latest[handle].answer()
		}
	}
	return false, nil, nil
}

func refuse(status *corev1.PodStatus, reason, message string) {
	status.Phase, status.Reason, status.Message = corev1.PodFailed, reason, message
	status.StartTime = new(metav1.Now())
}

func (n *fakeNode) free(action clienttesting.Action) (bool, runtime.Object, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	name := action.(clienttesting.DeleteAction).GetName()
	if n.world.keepsPods.Load() || n.stuck[n.taken[name]] {
		return true, nil, nil
	}
	delete(n.taken, name)
	return false, nil, nil
}

func runDirOf(created *corev1.Pod) string {
	for _, volume := range created.Spec.Volumes {
		if volume.Name == "run" {
			return volume.HostPath.Path
		}
	}
	return ""
}

// initOf is that of the last pod of a container that was taken.
func (n *fakeNode) initOf(handle string) *fakeInit {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.latest[handle]
}

// has says whether the container has a pod on the node.
func (n *fakeNode) has(handle string) func() bool {
	return func() bool {
		n.mu.Lock()
		defer n.mu.Unlock()
		for _, taken := range n.taken {
			if taken == handle {
				return true
			}
		}
		return false
	}
}

// refused is how many pods of the container the node refused.
func (n *fakeNode) refused(handle string) func() int {
	return func() int {
		n.mu.Lock()
		defer n.mu.Unlock()
		return n.refusals[handle]
	}
}

// created are the pods of the container that the worker made.
func (n *fakeNode) created(handle string) []*corev1.Pod {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]*corev1.Pod{}, n.pods[handle]...)
}

// tookInOrder are the handles of the pods that it took.
func (n *fakeNode) tookInOrder() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string{}, n.order...)
}

// lackCPU has the node have too little CPU for a container, or enough.
func (n *fakeNode) lackCPU(handle string, lacks bool) {
	if lacks {
		n.refuseWith(handle, "OutOfcpu", "Node didn't have enough resource: cpu, requested: 1000, used: 1500, capacity: 2000")
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.lacks, handle)
}

// refuseWith has the node refuse the pods of a container.
func (n *fakeNode) refuseWith(handle, reason, message string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lacks[handle] = func(status *corev1.PodStatus) { refuse(status, reason, message) }
}

// take has a pod be there that is not the worker's.
func (n *fakeNode) take(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.taken[name] = ""
}

// slowDown has the inits of a container not answer until they are told to.
func (n *fakeNode) slowDown(handle string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.slow[handle] = true
}

// keep has the node take its time to take the pods of a container down, or not.
func (n *fakeNode) keep(handle string, keeps bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stuck[handle] = keeps
}

// grow has the node take so many pods from now on.
func (n *fakeNode) grow(maxPods int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.maxPods = maxPods
}

// ran has a process be run in a container and end.
func (n *fakeNode) ran(container garden.Container, spec garden.ProcessSpec, status int) {
	process, err := container.Run(spec, garden.ProcessIO{})
	Expect(err).NotTo(HaveOccurred())
	n.ends(container.Handle(), process, status)
}

// ends has a process end.
func (n *fakeNode) ends(handle string, process garden.Process, status int) {
	in := n.initOf(handle)
	in.tell(podinit.ProcessState{ID: process.ID(), ExitStatus: status})
	in.exit <- status
	Expect(process.Wait()).To(Equal(status))
}
