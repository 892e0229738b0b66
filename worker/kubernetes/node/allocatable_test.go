package node_test

import (
	"errors"

	"code.cloudfoundry.org/lager/v3/lagertest"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/node"
)

var _ = Describe("what the worker's own Node has for pods", func() {
	var (
		client   *fake.Clientset
		watching chan struct{}
		watched  *node.Watched
	)

	BeforeEach(func() {
		client, watching, watched = fake.NewSimpleClientset(), make(chan struct{}, 10), node.New("node-1")
		client.PrependWatchReactor("nodes", func(action clienttesting.Action) (bool, watch.Interface, error) {
			watcher, err := client.Tracker().Watch(action.GetResource(), "")
			watching <- struct{}{}
			return true, watcher, err
		})
	})

	has := func(allocatable corev1.ResourceList) *corev1.Node {
		return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}, Status: corev1.NodeStatus{Allocatable: allocatable}}
	}
	resources := func(pods, cpu string) corev1.ResourceList {
		return corev1.ResourceList{corev1.ResourcePods: resource.MustParse(pods), corev1.ResourceCPU: resource.MustParse(cpu)}
	}
	start := func(ctx SpecContext) {
		GinkgoHelper()
		Expect(watched.Start(ctx, client, lagertest.NewTestLogger("worker"))).To(Succeed())
	}
	startWith := func(ctx SpecContext, allocatable corev1.ResourceList) {
		GinkgoHelper()
		Expect(client.Tracker().Add(has(allocatable))).To(Succeed())
		start(ctx)
		Eventually(watching).Should(Receive())
	}
	update := func(ctx SpecContext, node *corev1.Node) {
		GinkgoHelper()
		_, err := client.CoreV1().Nodes().Update(ctx, node, metav1.UpdateOptions{})
		Expect(err).NotTo(HaveOccurred())
	}
	pods := func() int {
		most, _ := watched.Pods()
		return most
	}
	expectUnknown := func() {
		GinkgoHelper()
		allocatable, known, _ := watched.Allocatable()
		Expect(known).To(BeFalse())
		Expect(allocatable).To(BeEmpty())
		most, known := watched.Pods()
		Expect(known).To(BeFalse())
		Expect(most).To(BeZero())
	}

	It("is known at once", func(ctx SpecContext) {
		startWith(ctx, resources("110", "3800m"))
		allocatable, known, _ := watched.Allocatable()
		Expect(known).To(BeTrue())
		Expect(allocatable.Cpu().MilliValue()).To(BeEquivalentTo(3800))
		most, known := watched.Pods()
		Expect(known).To(BeTrue())
		Expect(most).To(Equal(110))
	})

	It("is its own, whatever who asks makes of the answer", func(ctx SpecContext) {
		startWith(ctx, resources("110", "4"))
		allocatable, _, _ := watched.Allocatable()
		delete(allocatable, corev1.ResourcePods)
		Expect(pods()).To(Equal(110))
	})

	It("is told of when it changes, and at no other change", func(ctx SpecContext) {
		startWith(ctx, resources("110", "4"))
		_, _, changed := watched.Allocatable()
		_, cordoned := watched.Cordoned()

		heartbeat := has(resources("110", "4000m"))
		heartbeat.Spec.Unschedulable = true
		update(ctx, heartbeat)
		Eventually(cordoned).Should(BeClosed())
		Consistently(changed).ShouldNot(BeClosed())

		_, cordoned = watched.Cordoned()
		heartbeat.Status.Allocatable = resources("200", "4")
		update(ctx, heartbeat)
		Eventually(changed).Should(BeClosed())
		Expect(pods()).To(Equal(200))
		Consistently(cordoned).ShouldNot(BeClosed())
	})

	It("is not known before anybody has looked", func() { expectUnknown() })

	It("is not known of a Node that there is not, until there is one", func(ctx SpecContext) {
		start(ctx)
		expectUnknown()
		Eventually(watching).Should(Receive())
		Expect(client.Tracker().Add(has(resources("12", "1")))).To(Succeed())
		Eventually(pods).Should(Equal(12))
	})

	It("is not known of a Node whose kubelet has not said it", func(ctx SpecContext) {
		startWith(ctx, nil)
		expectUnknown()
	})

	It("may be known without a number of pods", func(ctx SpecContext) {
		startWith(ctx, corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")})
		_, known, _ := watched.Allocatable()
		Expect(known).To(BeTrue())
		_, known = watched.Pods()
		Expect(known).To(BeFalse())
	})

	It("is not known where the worker may not look", func(ctx SpecContext) {
		Expect(client.Tracker().Add(has(resources("110", "4")))).To(Succeed())
		client.PrependReactor("list", "nodes", func(clienttesting.Action) (bool, runtime.Object, error) {
			return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "nodes"}, "", errors.New("no RBAC policy matched"))
		})
		start(ctx)
		expectUnknown()
	})
})
