package pod_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

var _ = Describe("a pod that the kubelet has taken", func() {
	seen := func(status *corev1.Pod) *corev1.Pod {
		status.Status.StartTime = new(metav1.Now())
		return status
	}
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}

	DescribeTable("is told apart", func(status *corev1.Pod, admitted bool) {
		Expect(pod.Admitted(status)).To(Equal(admitted))
	},
		Entry("from one that the kubelet has not seen", withState(corev1.PodPending, corev1.ContainerState{}), false),
		Entry("from one that it refused", seen(failed("OutOfpods", "Pod was rejected: Node didn't have enough resource: pods")), false),
		Entry("when no more is said of it", seen(&corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodPending}}), true),
		Entry("while its container is made", seen(waiting("ContainerCreating", "")), true),
		Entry("while its image is not there", seen(waiting("ErrImagePull", "not found")), true),
		Entry("while it runs", seen(withState(corev1.PodRunning, running)), true),
		Entry("once it has succeeded", seen(withState(corev1.PodSucceeded, corev1.ContainerState{})), true),
		Entry("once it has failed", seen(terminated(corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 1})), true),
	)
})
