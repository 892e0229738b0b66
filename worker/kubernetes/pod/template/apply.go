package template

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// Apply returns the pod with the template merged in as Kubernetes merges a
// strategic patch: mappings by key, volumes, pull secrets and variables by name,
// mounts by path. Where both set something, the pod's value stays: so the limits
// of a step win over those of the template, which are the default. But what [pod.Build]
// sets for safety alone, and no step asks for, is a default below the template.
func (t *Template) Apply(built *corev1.Pod) (*corev1.Pod, error) {
	if t == nil {
		return built, nil
	}
	base, patch := t.pod.DeepCopy(), built.DeepCopy()
	for i := range base.Spec.Containers { // at most one: see refuse
		container := &base.Spec.Containers[i]
		container.VolumeMounts = withoutPathsOf(patch.Spec.Containers[0].VolumeMounts, container.VolumeMounts)
		leaveDefaultRequests(patch, container.Resources)
		leaveDefaultCapabilities(patch.Spec.Containers[0].SecurityContext, container.SecurityContext)
	}

	leaveDefaultSeccomp(patch.Spec.SecurityContext, base.Spec.SecurityContext)

	merged, err := merge(base, patch)
	if err != nil {
		return nil, fmt.Errorf("merge the pod template: %w", err)
	}
	requestWithinLimit(merged.Spec.Containers[0].Resources)
	return merged, nil
}

// merge patches base, that is to say: patch wins.
func merge(base, patch *corev1.Pod) (*corev1.Pod, error) {
	original, err := json.Marshal(base)
	if err != nil {
		return nil, err
	}
	change, err := json.Marshal(patch)
	if err != nil {
		return nil, err
	}
	result, err := strategicpatch.StrategicMergePatch(original, change, corev1.Pod{})
	if err != nil {
		return nil, err
	}
	var merged corev1.Pod
	return &merged, json.Unmarshal(result, &merged)
}

// withoutPathsOf leaves out the template's mounts at paths at which the step has
// one. Merged, the step's volume could become read-only or another directory.
func withoutPathsOf(step, template []corev1.VolumeMount) []corev1.VolumeMount {
	return slices.DeleteFunc(template, func(mount corev1.VolumeMount) bool {
		return slices.ContainsFunc(step, func(own corev1.VolumeMount) bool {
			return path.Clean(own.MountPath) == path.Clean(mount.MountPath)
		})
	})
}

// leaveDefaultRequests takes requests away from the step's pod that the template has, and
// that no step asks for: memory of zero, which only says that the step's limit is none,
// and CPU where the step names no shares.
func leaveDefaultRequests(step *corev1.Pod, template corev1.ResourceRequirements) {
	own := step.Spec.Containers[0].Resources.Requests
	if request, given := own[corev1.ResourceMemory]; given && request.IsZero() && asks(template, corev1.ResourceMemory) {
		delete(own, corev1.ResourceMemory)
	}
	if !pod.NamesShares(step) && asks(template, corev1.ResourceCPU) {
		delete(own, corev1.ResourceCPU)
	}
}

func asks(template corev1.ResourceRequirements, name corev1.ResourceName) bool {
	_, asked := template.Requests[name]
	return asked
}

// requestWithinLimit lowers a request that is above the limit, which Kubernetes
// would refuse: one of them is the template's, the other the step's.
func requestWithinLimit(resources corev1.ResourceRequirements) {
	for name, limit := range resources.Limits {
		if request, ok := resources.Requests[name]; ok && request.Cmp(limit) > 0 {
			resources.Requests[name] = limit
		}
	}
}
