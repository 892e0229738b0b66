package pod_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// refused is why a pod does not start that a kubelet had no room for, in the kubelet's words.
func refused(resource, numbers string) *pod.Failure {
	return pod.StartFailure(failed("OutOf"+resource, "Pod was rejected: Node didn't have enough resource: "+resource+numbers))
}

func numbers(requested, used, capacity int64) string {
	return fmt.Sprintf(", requested: %d, used: %d, capacity: %d", requested, used, capacity)
}

var _ = Describe("a node without room", func() {
	DescribeTable("is told of in numbers",
		func(failure *pod.Failure, expected pod.Shortage, never bool) {
			shortage, ok := failure.Shortage()
			Expect(ok).To(BeTrue())
			Expect(shortage).To(Equal(expected))
			Expect(shortage.NeverFits()).To(Equal(never))
			Expect(failure.IsOfRoom()).To(Equal(!never))
		},
		Entry("of pods", refused("pods", numbers(1, 110, 110)),
			pod.Shortage{Resource: corev1.ResourcePods, Requested: 1, Used: 110, Capacity: 110}, false),
		Entry("of CPU, in millicores", refused("cpu", numbers(500, 3800, 4000)),
			pod.Shortage{Resource: corev1.ResourceCPU, Requested: 500, Used: 3800, Capacity: 4000}, false),
		Entry("of memory, in bytes", refused("memory", numbers(9<<30, 18<<30, 24<<30)),
			pod.Shortage{Resource: corev1.ResourceMemory, Requested: 9 << 30, Used: 18 << 30, Capacity: 24 << 30}, false),
		Entry("of a device", refused("example.com/gpu", numbers(1, 2, 2)),
			pod.Shortage{Resource: "example.com/gpu", Requested: 1, Used: 2, Capacity: 2}, false),
		Entry("for as much as it has", refused("cpu", numbers(4000, 100, 4000)),
			pod.Shortage{Resource: corev1.ResourceCPU, Requested: 4000, Used: 100, Capacity: 4000}, false),
		Entry("for more than it has", refused("cpu", numbers(4001, 0, 4000)),
			pod.Shortage{Resource: corev1.ResourceCPU, Requested: 4001, Used: 0, Capacity: 4000}, true),
	)

	DescribeTable("may be told of without numbers: another pod's end may give room", func(failure *pod.Failure) {
		_, ok := failure.Shortage()
		Expect(ok).To(BeFalse())
		Expect(failure.IsOfRoom()).To(BeTrue())
	},
		Entry("at all", refused("cpu", "")),
		Entry("that are any", refused("cpu", ", requested: many, used: 0, capacity: 1")),
		Entry("that Kubernetes can have", refused("cpu", ", requested: 99999999999999999999, used: 0, capacity: 1")),
	)

	It("is not what another failure tells of, whatever its words", func() {
		failure := pod.StartFailure(failed("NodeAffinity", "Node didn't have enough resource: cpu"+numbers(1, 1, 1)))
		_, ok := failure.Shortage()
		Expect(ok).To(BeFalse())
		Expect(failure.IsOfRoom()).To(BeFalse())
	})

	DescribeTable("has advice", func(failure *pod.Failure, advice string) {
		Expect(failure.Advice).To(Equal(advice))
	},
		Entry("for pods", refused("pods", numbers(1, 110, 110)),
			"the node is full: raise maxPods in the configuration of the node's kubelet, run fewer steps on this worker (max active tasks), or add nodes"),
		Entry("for CPU", refused("cpu", numbers(500, 3800, 4000)),
			"the node is full: lower --kubernetes-cpu-reserved-per-share, container_limits.cpu or the requests of --kubernetes-pod-template, run fewer steps on this worker (max active tasks), or add nodes"),
		Entry("for memory", refused("memory", numbers(9<<30, 18<<30, 24<<30)),
			"the node is full: lower the requests of --kubernetes-pod-template, run fewer steps on this worker (max active tasks), or add nodes"),
		Entry("without numbers", refused("pods", ""),
			"the node is full: raise maxPods in the configuration of the node's kubelet, run fewer steps on this worker (max active tasks), or add nodes"),
		Entry("for what never fits", refused("memory", numbers(32<<30, 0, 24<<30)),
			"the step asks for more memory than the node has for all pods: lower the requests of --kubernetes-pod-template, or run the step on a larger node (tags)"),
	)
})
