package pod

import (
	"code.cloudfoundry.org/garden"
	corev1 "k8s.io/api/core/v1"
)

// podSecurity has the seccomp profile of the pod, not of its container: so a
// template can set one for either.
func podSecurity(container garden.ContainerSpec) *corev1.PodSecurityContext {
	if container.Privileged {
		return nil
	}
	return &corev1.PodSecurityContext{
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
}

// containerSecurity takes MKNOD from a step: its volumes lie on the node, where a
// device file that the step left could be opened by others.
func containerSecurity(container garden.ContainerSpec) *corev1.SecurityContext {
	security := &corev1.SecurityContext{Privileged: new(container.Privileged)}
	if !container.Privileged {
		security.Capabilities = &corev1.Capabilities{Drop: []corev1.Capability{"MKNOD"}}
	}
	return security
}
