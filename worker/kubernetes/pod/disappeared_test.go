package pod_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

var _ = Describe("a pod that disappeared", func() {
	var (
		running = corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
		killed  = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 137}}
		ended   = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed"}}
		noRoom  = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "OOMKilled", ExitCode: 137}}
		lost    = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
			Reason: "ContainerStatusUnknown", ExitCode: 137, Message: "The container could not be located when the pod was terminated",
		}}
	)
	// failedBy is a pod whose containers the kubelet ended, for a reason of the pod.
	failedBy := func(reason, message string) *corev1.Pod {
		status := withState(corev1.PodFailed, killed)
		status.Status.Reason, status.Status.Message = reason, message
		return status
	}
	disrupted := func(status *corev1.Pod, reason, message string) *corev1.Pod {
		status.Status.Conditions = append(status.Status.Conditions, corev1.PodCondition{
			Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: reason, Message: message,
		})
		return status
	}
	deleted := func(status *corev1.Pod) *corev1.Pod {
		status.DeletionTimestamp = new(metav1.Now())
		return status
	}
	const (
		lowMemory = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 90Mi. Container step was using 3Gi, request is 0, has larger consumption of memory. "
		shutdown  = "Pod was terminated in response to imminent node shutdown."
	)

	DescribeTable("did so for its node's sake", func(status *corev1.Pod, expected string) {
		reason, ok := pod.Disappeared(status)
		Expect(ok).To(BeTrue())
		Expect(reason).To(Equal(expected))
	},
		Entry("evicted when memory ran short", disrupted(failedBy("Evicted", lowMemory), "TerminationByKubelet", lowMemory),
			"Evicted: The node was low on resource: memory. Threshold quantity: 100Mi, available: 90Mi. Container step was using 3Gi, request is 0, has larger consumption of memory."),
		Entry("evicted by a kubelet that says so in its reason alone", failedBy("Evicted", "The node was low on resource: ephemeral-storage. "),
			"Evicted: The node was low on resource: ephemeral-storage."),
		Entry("refused when disk ran short", failed("Evicted", "Pod was rejected: The node had condition: [DiskPressure]. "),
			"Evicted: Pod was rejected: The node had condition: [DiskPressure]."),
		Entry("preempted by the kubelet", disrupted(failedBy("Preempting", "Preempted in order to admit critical pod"),
			"TerminationByKubelet", "Pod was preempted by Kubelet to accommodate a critical pod."),
			"TerminationByKubelet: Pod was preempted by Kubelet to accommodate a critical pod."),
		Entry("ended by a shutdown", disrupted(failedBy("Terminated", shutdown), "TerminationByKubelet", shutdown), "Terminated: "+shutdown),
		Entry("refused during a shutdown", failed("NodeShutdown", "Pod was rejected: Pod was rejected as the node is shutting down."),
			"NodeShutdown: Pod was rejected: Pod was rejected as the node is shutting down."),
		Entry("ended by a shutdown, in an older version's words", failedBy("Shutdown", "Node is shutting, evicting pods"), "Shutdown: Node is shutting, evicting pods"),
		Entry("lost with its node", func() *corev1.Pod {
			status := deleted(withState(corev1.PodRunning, running))
			status.Status.Reason, status.Status.Message = "NodeLost", "Node node-1 which was running pod demo is unresponsive"
			return status
		}(), "NodeLost: Node node-1 which was running pod demo is unresponsive"),
		Entry("removed with its node", disrupted(withState(corev1.PodFailed, running), "DeletionByPodGC", "PodGC: node no longer exists"),
			"DeletionByPodGC: PodGC: node no longer exists"),
		Entry("being drained", deleted(disrupted(withState(corev1.PodRunning, running), "EvictionByEvictionAPI", "Eviction API: evicting")),
			"EvictionByEvictionAPI: Eviction API: evicting"),
		Entry("drained, its init ended", deleted(disrupted(withState(corev1.PodSucceeded, ended), "EvictionByEvictionAPI", "Eviction API: evicting")),
			"EvictionByEvictionAPI: Eviction API: evicting"),
		Entry("drained, its init killed", deleted(disrupted(withState(corev1.PodFailed, killed), "EvictionByEvictionAPI", "Eviction API: evicting")),
			"EvictionByEvictionAPI: Eviction API: evicting"),
		Entry("not tolerating a taint", deleted(disrupted(withState(corev1.PodRunning, running), "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint")),
			"DeletionByTaintManager: Taint manager: deleting due to NoExecute taint"),
		Entry("preempted by the scheduler", deleted(disrupted(withState(corev1.PodRunning, running), "PreemptionByScheduler", "default-scheduler: preempting to accommodate a higher priority pod")),
			"PreemptionByScheduler: default-scheduler: preempting to accommodate a higher priority pod"),
		Entry("lost after the node was started again", withState(corev1.PodFailed, lost),
			"ContainerStatusUnknown: The container could not be located when the pod was terminated"),
	)

	stale := disrupted(withState(corev1.PodRunning, running), "EvictionByEvictionAPI", "Eviction API: evicting")
	stale.Status.Conditions[0].Status = corev1.ConditionFalse

	DescribeTable("did not", func(status *corev1.Pod) {
		reason, ok := pod.Disappeared(status)
		Expect(ok).To(BeFalse())
		Expect(reason).To(BeEmpty())
	},
		Entry("while it runs", withState(corev1.PodRunning, running)),
		Entry("when init ended", withState(corev1.PodSucceeded, ended)),
		Entry("when init was killed", withState(corev1.PodFailed, killed)),
		Entry("when the step took more memory than its limit", withState(corev1.PodFailed, noRoom)),
		Entry("when it took more memory than its limit, and was drained after that",
			deleted(disrupted(withState(corev1.PodFailed, noRoom), "EvictionByEvictionAPI", "Eviction API: evicting"))),
		Entry("when the step took more disk than its limit", failedBy("Evicted", "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ")),
		Entry("when the step took more disk than its container's limit", failedBy("Evicted", `Container step exceeded its local ephemeral storage limit "1Gi". `)),
		Entry("when the step took more disk than a volume's limit", failedBy("Evicted", `Usage of EmptyDir volume "tmp" exceeds the limit "1Gi". `)),
		Entry("when a person deleted it", deleted(withState(corev1.PodRunning, running))),
		Entry("when a person deleted it, and its container went first", deleted(withState(corev1.PodRunning, lost))),
		Entry("when it took too long for the cluster", failedBy("DeadlineExceeded", "Pod was active on the node longer than the specified deadline")),
		Entry("when the node has no room for it", failed("OutOfcpu", "Pod was rejected: Node didn't have enough resource: cpu")),
		Entry("when a drain has not come to it yet", disrupted(withState(corev1.PodRunning, running), "EvictionByEvictionAPI", "Eviction API: evicting")),
		Entry("when a drain did not come off, and a person deleted it", deleted(stale)),
	)
})
