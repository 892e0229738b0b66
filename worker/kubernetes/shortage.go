package kubernetes

import (
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/admission"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// podSlots is what a node is short of that takes no more pods.
const podSlots = string(corev1.ResourcePods)

// shortage is what there is too little of for a pod, and may be enough of later.
type shortage struct {
	// of is the resource, or the quota. Who waits for the same waits in one queue.
	of string

	// what says in words what there is too little of.
	what string

	// advice is what an operator may raise.
	advice string

	// missing is how much has to become free, and used how much pods use, in the unit of the
	// resource. Both are zero where that is not known.
	missing, used int64
}

// shortageOf returns what the pod of a start that failed lacks, if it may have that later.
func shortageOf(err error) (shortage, bool) {
	if quota, ok := admission.ReadExceededQuota(err); ok && !quota.NeverFits() {
		return shortage{
			of:     "quota " + quota.Name,
			what:   quota.String(),
			advice: "raise the quota, or run fewer steps at once (max active tasks)",
		}, true
	}
	failure, ok := errors.AsType[*pod.Failure](err)
	if !ok || !failure.IsOfRoom() {
		return shortage{}, false
	}
	lacks := shortage{of: failure.Reason, what: failure.Error()}
	if node, known := failure.Shortage(); known {
		lacks = shortage{
			of:      string(node.Resource),
			missing: node.Requested - (node.Capacity - node.Used),
			used:    node.Used,
			what:    fmt.Sprintf("%d of the node's %d %s are taken, and the pod asks for %d", node.Used, node.Capacity, unit(node.Resource), node.Requested),
			advice:  failure.Advice,
		}
	}
	return lacks, true
}

// unit is what a kubelet counts a resource in.
func unit(resource corev1.ResourceName) string {
	switch resource {
	case corev1.ResourceCPU:
		return "millicores of CPU"
	case corev1.ResourceMemory, corev1.ResourceEphemeralStorage:
		return "bytes of " + string(resource)
	}
	return string(resource)
}

// frees is how much of a resource is free once the container's pod is gone. It is zero for one
// that has no pod on the node.
func (c *Container) frees(of string) int64 {
	if !c.hasRoom() {
		return 0
	}
	seen, _ := c.pod.See()
	switch resource := corev1.ResourceName(of); resource {
	case corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage:
		return requested(seen.Pod, resource)
	}
	return 1
}

// requested is what a pod reserves of a resource, in the unit of [unit].
func requested(of *corev1.Pod, resource corev1.ResourceName) int64 {
	var sum int64
	for _, container := range of.Spec.Containers {
		quantity := container.Resources.Requests[resource]
		if resource == corev1.ResourceCPU {
			sum += quantity.MilliValue()
		} else {
			sum += quantity.Value()
		}
	}
	return sum
}
