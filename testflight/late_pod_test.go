package testflight_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	typed "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"

	backend "github.com/concourse/concourse-kubernetes/worker/kubernetes"
)

// A kubelet may start a pod that it refused, and that was deleted for that.
var _ = Describe("a refused pod that starts late", Serial, func() {
	const late, handle = "starts-late", "waits"

	var (
		own     ownRuntime
		pods    typed.PodInterface
		worker  *backend.Backend
		created chan error
		refused *corev1.Pod
	)
	BeforeEach(func(ctx SpecContext) {
		own = newOwnRuntime(ctx)
		pods = own.admin.CoreV1().Pods(own.namespace)
		memory := allocatableMemory(ctx)
		filler := takesMemory(memory / 4 * 3)
		_, err := pods.Create(ctx, filler, metav1.CreateOptions{})
		Expect(err).NotTo(HaveOccurred())
		Eventually(ctx, own.phaseOf).WithArguments(filler.Name).WithTimeout(patience).Should(Equal(corev1.PodRunning))

		worker = own.start(fmt.Sprintf("spec: {containers: [{name: step, resources: {requests: {memory: %d}}}]}", memory/2), nil)
		created = make(chan error, 1)
		go func() {
			_, err := worker.Create(own.container(handle))
			created <- err
		}()
		refused = own.awaitRefusal(ctx)
	}, NodeTimeout(2*patience))

	// startsLate makes the refused pod again, as one that the node has room for.
	startsLate := func(ctx context.Context) {
		GinkgoHelper()
		again := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: late}, Spec: *refused.Spec.DeepCopy()}
		again.Spec.Containers[0].Resources = corev1.ResourceRequirements{}
		_, err := pods.Create(ctx, again, metav1.CreateOptions{})
		Expect(err).NotTo(HaveOccurred())
	}

	It("is not taken for the pod that is waited for", func(ctx SpecContext) {
		startsLate(ctx)
		Eventually(ctx, own.phaseOf).WithArguments(late).WithTimeout(patience).Should(Equal(corev1.PodRunning))
		Consistently(created, "5s").ShouldNot(Receive())

		Expect(pods.Delete(ctx, takesMemory(0).Name, metav1.DeleteOptions{GracePeriodSeconds: new(int64(1))})).To(Succeed())
		Eventually(created, patience).Should(Receive(BeNil()))
		container, err := worker.Lookup(handle)
		Expect(err).NotTo(HaveOccurred())
		host := gbytes.NewBuffer()
		process, err := container.Run(garden.ProcessSpec{Path: "hostname"}, garden.ProcessIO{Stdout: host})
		Expect(err).NotTo(HaveOccurred())
		Expect(process.Wait()).To(BeZero())
		Expect(strings.TrimSpace(string(host.Contents()))).To(And(Not(BeEmpty()), Not(Equal(late))))
		Expect(worker.Destroy(handle)).To(Succeed())
	}, SpecTimeout(2*patience))

	It("makes no directory of a container that is gone", func(ctx SpecContext) {
		Expect(worker.Destroy(handle)).To(Succeed())
		Eventually(created).Should(Receive(HaveOccurred()))
		startsLate(ctx)
		Eventually(ctx, own.eventsOf).WithArguments(late).WithTimeout(patience).Should(
			ContainElement(HaveField("Reason", BeElementOf("Started", "FailedMount"))))
		Expect(filepath.Glob(filepath.Join(own.dir, "containers", "*"))).To(BeEmpty())
	}, SpecTimeout(2*patience))
})

func (r ownRuntime) phaseOf(ctx context.Context, pod string) (corev1.PodPhase, error) {
	found, err := r.admin.CoreV1().Pods(r.namespace).Get(ctx, pod, metav1.GetOptions{})
	return found.Status.Phase, err
}

// eventsOf are those of a pod.
func (r ownRuntime) eventsOf(ctx context.Context, pod string) ([]corev1.Event, error) {
	list, err := r.admin.CoreV1().Events(r.namespace).List(ctx, metav1.ListOptions{FieldSelector: "involvedObject.name=" + pod})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// awaitRefusal waits for a pod of the runtime that the kubelet has no room for.
func (r ownRuntime) awaitRefusal(ctx context.Context) *corev1.Pod {
	GinkgoHelper()
	all := cache.NewListWatchFromClient(r.admin.CoreV1().RESTClient(), "pods", r.namespace, fields.Everything())
	event, err := watchtools.UntilWithSync(ctx, all, &corev1.Pod{}, nil, func(event watch.Event) (bool, error) {
		pod, ok := event.Object.(*corev1.Pod)
		return ok && pod.Status.Phase == corev1.PodFailed && strings.HasPrefix(pod.Status.Reason, "OutOf"), nil
	})
	Expect(err).NotTo(HaveOccurred())
	return event.Object.(*corev1.Pod)
}

// takesMemory is a pod of the first node that asks for so much memory, in bytes.
func takesMemory(bytes int64) *corev1.Pod {
	GinkgoHelper()
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "takes-memory"},
		Spec: corev1.PodSpec{
			NodeName: runs.Cluster.NodeName(),
			Containers: []corev1.Container{{
				Name: "sleeps", Image: runs.Cluster.Registry() + "/busybox@" + digestOf("busybox:latest"), Command: []string{"sleep", "3600"},
				Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceMemory: *resource.NewQuantity(bytes, resource.BinarySI)}},
			}},
		},
	}
}

// allocatableMemory is how many bytes the first node has for pods.
func allocatableMemory(ctx context.Context) int64 {
	GinkgoHelper()
	client, err := runs.Client()
	Expect(err).NotTo(HaveOccurred())
	node, err := client.CoreV1().Nodes().Get(ctx, runs.Cluster.NodeName(), metav1.GetOptions{})
	Expect(err).NotTo(HaveOccurred())
	return node.Status.Allocatable.Memory().Value()
}
