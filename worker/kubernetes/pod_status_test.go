package kubernetes_test

import (
	corev1 "k8s.io/api/core/v1"
)

func containerStatus(state corev1.ContainerState) func(*corev1.PodStatus) {
	return func(status *corev1.PodStatus) {
		status.Phase = corev1.PodPending
		if state.Terminated != nil {
			status.Phase = corev1.PodFailed
		}
		status.ContainerStatuses = []corev1.ContainerStatus{{Name: "step", State: state}}
	}
}

func waiting(reason, message string) func(*corev1.PodStatus) {
	return containerStatus(corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}})
}

// running is what the kubelet reports of a pod whose container runs.
func running(status *corev1.PodStatus) {
	status.Phase = corev1.PodRunning
	status.ContainerStatuses = []corev1.ContainerStatus{{
		Name: "step", ContainerID: "containerd://c0ffee", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}},
	}}
}

func outOfMemory(status *corev1.PodStatus) {
	containerStatus(corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "OOMKilled", ExitCode: 137}})(status)
}

func evicted(status *corev1.PodStatus) {
	status.Phase, status.Reason, status.Message = corev1.PodFailed, "Evicted", "low on memory"
}
