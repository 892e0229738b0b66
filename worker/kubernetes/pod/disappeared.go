package pod

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

const (
	// evicted is the kubelet's reason for a pod that it ended, or did not take: the node ran
	// short of something, or the pod took more than a limit of its own.
	evicted = "Evicted"

	// refusal begins the messages of pods that a kubelet did not take.
	refusal = "Pod was rejected: "

	// deletionByPodGC is the reason of a disruption for which the control plane fails a pod
	// by itself: there is no kubelet to do it.
	deletionByPodGC = "DeletionByPodGC"
)

// Disappeared says whether the pod ended, or is being ended, for its node's sake and not for
// what ran in it, so that its step may run again elsewhere: the node ran short, was drained,
// lost or shut down, or a pod of more importance took the place. The reason is Kubernetes'
// words.
//
// It is false for a pod that ended by itself or took more than it may, and for one that a
// person deleted. It knows nothing of a step's exit status, which says more than this.
func Disappeared(pod *corev1.Pod) (reason string, ok bool) {
	if isOfNode(pod.Status) {
		return inWords(pod.Status.Reason, pod.Status.Message), true
	}
	if target := disruptionTarget(pod); target != nil && isDisrupted(pod, target) {
		return inWords(target.Reason, target.Message), true
	}
	if terminated := containerState(pod).Terminated; isLost(pod) {
		return inWords(terminated.Reason, terminated.Message), true
	}
	return "", false
}

func inWords(reason, message string) string {
	return strings.TrimSuffix(reason+": "+strings.TrimSpace(message), ": ")
}

// isOfNode tells the reasons of a node that is out of reach or is shut down, and of one that
// ran short. A pod that took more than a limit of its own is evicted in words about the pod,
// see the messages of the kubelet's package eviction.
func isOfNode(status corev1.PodStatus) bool {
	if status.Reason == evicted {
		return strings.HasPrefix(strings.TrimPrefix(status.Message, refusal), "The node ")
	}
	return slices.Contains([]string{"NodeLost", "NodeShutdown", "Terminated", "Shutdown"}, status.Reason)
}

// isDisrupted tells whether the disruption has begun. The condition comes before it, and
// stays for a while if it does not come off. A container that the kernel ended for want of
// memory had ended before.
func isDisrupted(pod *corev1.Pod, target *corev1.PodCondition) bool {
	if slices.Contains([]string{corev1.PodReasonTerminationByKubelet, deletionByPodGC}, target.Reason) {
		return pod.Status.Phase == corev1.PodFailed
	}
	terminated := containerState(pod).Terminated
	return pod.DeletionTimestamp != nil && (terminated == nil || terminated.Reason != outOfMemory)
}

// disruptionTarget is what Kubernetes says of why it ends the pod: an eviction, a taint. It
// is nil if Kubernetes does not.
func disruptionTarget(pod *corev1.Pod) *corev1.PodCondition {
	for i, condition := range pod.Status.Conditions {
		if condition.Type == corev1.DisruptionTarget && condition.Status == corev1.ConditionTrue {
			return &pod.Status.Conditions[i]
		}
	}
	return nil
}

// isLost tells whether the kubelet finds no container any more, as after a restart of the
// node. That of a pod that is deleted may be gone for that.
func isLost(pod *corev1.Pod) bool {
	terminated := containerState(pod).Terminated
	return terminated != nil && terminated.Reason == statusUnknown && pod.DeletionTimestamp == nil
}
