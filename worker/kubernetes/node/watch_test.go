package node_test

import (
	"errors"

	"code.cloudfoundry.org/lager/v3/lagertest"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/node"
)

var _ = Describe("the worker's own Node", func() {
	var (
		client   *fake.Clientset
		log      *lagertest.TestLogger
		watching chan struct{}
	)

	BeforeEach(func() {
		client, log, watching = fake.NewSimpleClientset(), lagertest.NewTestLogger("worker"), make(chan struct{}, 10)
		client.PrependWatchReactor("nodes", func(action clienttesting.Action) (bool, watch.Interface, error) {
			watcher, err := client.Tracker().Watch(action.GetResource(), "")
			watching <- struct{}{}
			return true, watcher, err
		})
	})

	called := func(unschedulable bool) *corev1.Node {
		return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}, Spec: corev1.NodeSpec{Unschedulable: unschedulable}}
	}
	add := func(node *corev1.Node) {
		GinkgoHelper()
		Expect(client.Tracker().Add(node)).To(Succeed())
	}
	update := func(ctx SpecContext, node *corev1.Node) {
		GinkgoHelper()
		_, err := client.CoreV1().Nodes().Update(ctx, node, metav1.UpdateOptions{})
		Expect(err).NotTo(HaveOccurred())
	}
	watchIt := func(ctx SpecContext) *node.Watched {
		GinkgoHelper()
		watched := node.New("node-1")
		Expect(watched.Start(ctx, client, log)).To(Succeed())
		return watched
	}
	cordoned := func(watched *node.Watched) bool {
		is, _ := watched.Cordoned()
		return is
	}
	forbid := func(verb string) {
		forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "nodes"}, "", errors.New("no RBAC policy matched"))
		client.PrependReactor(verb, "nodes", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, forbidden })
		client.PrependWatchReactor("nodes", func(clienttesting.Action) (bool, watch.Interface, error) {
			watching <- struct{}{}
			return verb == "watch", nil, forbidden
		})
	}

	It("is known at once", func(ctx SpecContext) {
		add(called(true))
		Expect(cordoned(watchIt(ctx))).To(BeTrue())
	})

	It("tells of its cordon and of the end of it, and of no other change", func(ctx SpecContext) {
		add(called(false))
		watched := watchIt(ctx)
		Eventually(watching).Should(Receive())
		is, changed := watched.Cordoned()
		Expect(is).To(BeFalse())

		heartbeat := called(false)
		heartbeat.Status.Phase = corev1.NodeRunning
		update(ctx, heartbeat)
		Consistently(changed).ShouldNot(BeClosed())

		update(ctx, called(true))
		Eventually(changed).Should(BeClosed())
		is, changed = watched.Cordoned()
		Expect(is).To(BeTrue())

		update(ctx, called(false))
		Eventually(changed).Should(BeClosed())
		Expect(cordoned(watched)).To(BeFalse())
	})

	It("is all that is asked for", func(ctx SpecContext) {
		add(called(false))
		watchIt(ctx)
		Eventually(watching).Should(Receive())

		for _, action := range client.Actions() {
			switch action := action.(type) {
			case clienttesting.ListAction:
				Expect(action.GetListRestrictions().Fields.String()).To(Equal("metadata.name=node-1"))
			case clienttesting.WatchAction:
				Expect(action.GetWatchRestrictions().Fields.String()).To(Equal("metadata.name=node-1"))
			default:
				Fail("asked for more than list and watch, which are all that is granted: " + action.GetVerb())
			}
		}
	})

	It("is not cordoned where there is none", func(ctx SpecContext) {
		watched := watchIt(ctx)
		Expect(cordoned(watched)).To(BeFalse())
		Expect(log).To(gbytes.Say("there-is-no-such-node"))
		Eventually(watching).Should(Receive())

		add(called(true))
		Eventually(cordoned).WithArguments(watched).Should(BeTrue())
	})

	It("stays cordoned when it is deleted, as no pod starts there, until there is another", func(ctx SpecContext) {
		add(called(true))
		watched := watchIt(ctx)
		Eventually(watching).Should(Receive())

		Expect(client.CoreV1().Nodes().Delete(ctx, "node-1", metav1.DeleteOptions{})).To(Succeed())
		Consistently(cordoned).WithArguments(watched).Should(BeTrue())
		add(called(false))
		Eventually(cordoned).WithArguments(watched).Should(BeFalse())
	})

	DescribeTable("is not cordoned where the worker may not look, which it says once, with what to grant",
		func(ctx SpecContext, verb string) {
			add(called(false))
			forbid(verb)
			Expect(cordoned(watchIt(ctx))).To(BeFalse())
			Eventually(log).Should(gbytes.Say("drains-are-not-noticed.*list and watch on nodes"))
			if verb == "watch" { // it is tried again and again
				for range 2 {
					Eventually(watching).Should(Receive())
				}
			}
			Consistently(log).ShouldNot(gbytes.Say("drains-are-not-noticed|failed-to-watch"))
		},
		Entry("at all", "list"),
		Entry("for long", "watch"),
	)

	It("may be out of reach: then the worker does not start", func(ctx SpecContext) {
		client.PrependReactor("list", "nodes", func(clienttesting.Action) (bool, runtime.Object, error) {
			return true, nil, errors.New("connection refused")
		})
		err := node.New("node-1").Start(ctx, client, log)
		Expect(err).To(MatchError(And(ContainSubstring("node node-1"), ContainSubstring("connection refused"), ContainSubstring("reachable"))))
	})
})
