package testflight_test

import (
	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var _ = Describe("the kubelet of the second node", Serial, func() {
	const fewer = 50

	It("is restarted with another number of pods, and back, and its pods go on", func(ctx SpecContext) {
		needTwoNodes()
		node := runs.Cluster.NodeNames()[1]
		client, err := runs.Client()
		Expect(err).NotTo(HaveOccurred())
		taken := func() int64 {
			GinkgoHelper()
			found, err := client.CoreV1().Nodes().Get(ctx, node, metav1.GetOptions{})
			Expect(err).NotTo(HaveOccurred())
			return found.Status.Allocatable.Pods().Value()
		}

		const name = "outlives-its-kubelet"
		pods := client.CoreV1().Pods(concourse.Namespace)
		_, err = pods.Create(ctx, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: corev1.PodSpec{
				NodeName:      node,
				RestartPolicy: corev1.RestartPolicyNever,
				Containers: []corev1.Container{{
					Name: "step", Image: runs.Cluster.Registry() + "/busybox@" + digestOf("busybox:latest"),
					Command: []string{"sleep", "600"},
				}},
			},
		}, metav1.CreateOptions{})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(pods.Delete, name, metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))})
		status := func() (corev1.PodStatus, error) {
			pod, err := pods.Get(ctx, name, metav1.GetOptions{})
			return pod.Status, err
		}
		Eventually(status).Should(HaveField("Phase", corev1.PodRunning))
		first, err := status()
		Expect(err).NotTo(HaveOccurred())

		before := taken()
		Expect(before).NotTo(BeEquivalentTo(fewer))
		Expect(runs.Cluster.RestartKubelet(ctx, 2, fewer)).To(BeEquivalentTo(before))
		Expect(taken()).To(BeEquivalentTo(fewer))

		Expect(runs.Cluster.RestartKubelet(ctx, 2, int(before))).To(Equal(fewer))
		Expect(taken()).To(Equal(before))
		Expect(status()).To(And(
			HaveField("Phase", corev1.PodRunning),
			HaveField("ContainerStatuses", ConsistOf(HaveField("ContainerID", first.ContainerStatuses[0].ContainerID))),
		))
	}, SpecTimeout(patience))
})
