package kubernetes

import (
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

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
			advice:  failure.Advice,
		}
		lacks.what = fmt.Sprintf("%s of the node's %s are taken, and the pod asks for %s",
			lacks.number(node.Used), lacks.amount(node.Capacity), lacks.number(node.Requested))
	}
	return lacks, true
}

// amount is a number of the resource in the words of Kubernetes: 1500m cpu, 24Gi memory, 12 pods.
func (s shortage) amount(of int64) string { return s.number(of) + " " + s.of }

func (s shortage) number(of int64) string {
	quantity := resource.NewQuantity(of, resource.DecimalSI)
	switch corev1.ResourceName(s.of) {
	case corev1.ResourceCPU:
		quantity = resource.NewMilliQuantity(of, resource.DecimalSI)
	case corev1.ResourceMemory, corev1.ResourceEphemeralStorage:
		quantity = resource.NewQuantity(of, resource.BinarySI)
	}
	return quantity.String()
}

// frees is how much of a resource is free once the container's pod is gone. It is zero for one
// that has no pod on the node.
func (c *Container) frees(of string) int64 {
	if !c.hasRoom() {
		return 0
	}
	seen, _ := c.pod.See()
	switch name := corev1.ResourceName(of); name {
	case corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage:
		return requested(seen.Pod, name)
	}
	return 1
}

// requested is what a pod reserves of a resource, in the unit that a kubelet counts it in:
// millicores, bytes, and a number of all else.
func requested(of *corev1.Pod, name corev1.ResourceName) int64 {
	var sum int64
	for _, container := range of.Spec.Containers {
		quantity := container.Resources.Requests[name]
		if name == corev1.ResourceCPU {
			sum += quantity.MilliValue()
		} else {
			sum += quantity.Value()
		}
	}
	return sum
}
