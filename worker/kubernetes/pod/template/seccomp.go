package template

import corev1 "k8s.io/api/core/v1"

// leaveDefaultSeccomp takes the default profile of a step away where the template
// has one for the pod. One that it has for the container goes before both.
func leaveDefaultSeccomp(step, template *corev1.PodSecurityContext) {
	if step != nil && template != nil && template.SeccompProfile != nil {
		step.SeccompProfile = nil
	}
}
