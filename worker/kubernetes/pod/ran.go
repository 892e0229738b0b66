package pod

import corev1 "k8s.io/api/core/v1"

// Ran tells whether the pod's container has run, so that its image was pulled.
func Ran(pod *corev1.Pod) bool {
	state := containerState(pod)
	return state.Running != nil || state.Terminated != nil
}
