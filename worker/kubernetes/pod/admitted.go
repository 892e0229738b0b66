package pod

import corev1 "k8s.io/api/core/v1"

// Admitted says whether the kubelet has taken the pod on its node, and has not refused it
// since. A pod that was neither taken nor refused is one that the kubelet may start yet.
//
// The kubelet sets status.startTime with the first status that it writes, that of a refusal
// included. A refusal fails the pod and leaves out its containers, of which any other status
// has one each: see rejectPod and convertStatusToAPIStatus in its package kubelet.
func Admitted(pod *corev1.Pod) bool {
	refused := pod.Status.Phase == corev1.PodFailed && len(pod.Status.ContainerStatuses) == 0
	return pod.Status.StartTime != nil && !refused
}
