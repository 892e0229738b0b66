package testflight_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
)

var _ = Describe("the token of a worker, for pods that there are", Ordered, ContinueOnFailure, func() {
	var n boundedNamespace
	BeforeAll(func(ctx SpecContext) { n = newBoundedNamespace(ctx) })

	It("changes nothing of it", func(ctx SpecContext) {
		made := n.make(ctx, func(*corev1.Pod) {})
		pods := n.worker.CoreV1().Pods(n.name)
		_, err := pods.Patch(ctx, made.Name, types.MergePatchType, []byte(`{"metadata":{"labels":{"app":"web"}}}`), metav1.PatchOptions{})
		Expect(err).To(MatchError(ContainSubstring(onlyCreatesAndDeletes)))

		made.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
			Name: "debug", Image: "busybox", ImagePullPolicy: corev1.PullAlways, TerminationMessagePolicy: corev1.TerminationMessageReadFile,
		}}}
		_, err = pods.UpdateEphemeralContainers(ctx, made.Name, made, metav1.UpdateOptions{})
		Expect(err).To(MatchError(ContainSubstring(onlyCreatesAndDeletes)))

		Expect(pods.Bind(ctx, &corev1.Binding{
			ObjectMeta: metav1.ObjectMeta{Name: made.Name},
			Target:     corev1.ObjectReference{Kind: "Node", Name: "concourse-testflight-2"},
		}, metav1.CreateOptions{})).To(MatchError(ContainSubstring(onlyCreatesAndDeletes)))
		Expect(pods.EvictV1(ctx, &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: made.Name}})).
			To(MatchError(ContainSubstring(onlyCreatesAndDeletes)))
	})

	It("runs nothing in it", func(ctx SpecContext) {
		made := n.make(ctx, func(*corev1.Pod) {})
		Expect(n.worker.CoreV1().RESTClient().Post().Namespace(n.name).Resource("pods").Name(made.Name).SubResource("exec").
			VersionedParams(&corev1.PodExecOptions{Command: []string{"sh"}, Stdout: true}, scheme.ParameterCodec).Do(ctx).Error()).
			To(MatchError(ContainSubstring(onlyCreatesAndDeletes)))
	})

	DescribeTable("deletes none of another's", func(ctx SpecContext, change func(*corev1.Pod), rule string) {
		made := n.make(ctx, change)
		err := n.worker.CoreV1().Pods(n.name).Delete(ctx, made.Name, metav1.DeleteOptions{})
		Expect(err).To(MatchError(ContainSubstring(rule)))
	},
		Entry("on another node", func(pod *corev1.Pod) { pod.Spec.NodeName = "another-node" }, ownNodeOnly),
		Entry("on its node", func(pod *corev1.Pod) {
			pod.Spec.NodeName = runs.Cluster.NodeName()
			pod.Labels = nil
			pod.Spec.Containers[0].Image = "busybox" // never pulled
			pod.Spec.Containers[0].ImagePullPolicy = corev1.PullNever
			pod.Spec.Volumes, pod.Spec.Containers[0].VolumeMounts = nil, nil
		}, labelled),
	)
})
