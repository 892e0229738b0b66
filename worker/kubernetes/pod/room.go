package pod

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// outOf begins the reasons of a kubelet whose node has no room for a pod: OutOfcpu,
// OutOfmemory, OutOfpods and so on.
const outOf = "OutOf"

// Shortage is what a node has too little of for a pod. The amounts are in the kubelet's
// units: millicores of cpu, bytes of memory and of ephemeral-storage, and a number of all
// else, such as pods.
type Shortage struct {
	Resource corev1.ResourceName

	// Requested is what the refused pod asks for.
	Requested int64

	// Used is what the pods on the node ask for, whether or not they use it.
	Used int64

	// Capacity is what the node has for pods: what it calls allocatable.
	Capacity int64
}

// NeverFits says whether the pod asks for more than its node has, used or not.
func (s Shortage) NeverFits() bool { return s.Requested > s.Capacity }

// insufficient is the message of a kubelet's InsufficientResourceError, in its package
// lifecycle.
var insufficient = regexp.MustCompile(`Node didn't have enough resource: ([^,]+), requested: (\d+), used: (\d+), capacity: (\d+)`)

// Shortage is what the kubelet says of the room that its node lacks. It is false for any
// other failure, and where the kubelet gives no numbers.
func (f *Failure) Shortage() (Shortage, bool) {
	if !strings.HasPrefix(f.Reason, outOf) {
		return Shortage{}, false
	}
	said := insufficient.FindStringSubmatch(f.Message)
	if said == nil {
		return Shortage{}, false
	}
	shortage := Shortage{Resource: corev1.ResourceName(said[1])}
	for i, amount := range []*int64{&shortage.Requested, &shortage.Used, &shortage.Capacity} {
		var err error
		if *amount, err = strconv.ParseInt(said[2+i], 10, 64); err != nil {
			return Shortage{}, false
		}
	}
	return shortage, true
}

// IsOfRoom says whether the node had no room for the pod, and may have it once another pod
// has ended.
func (f *Failure) IsOfRoom() bool {
	shortage, _ := f.Shortage()
	return strings.HasPrefix(f.Reason, outOf) && !shortage.NeverFits()
}

// roomAdvice is for a failure whose reason begins with outOf.
func (f *Failure) roomAdvice() string {
	shortage, _ := f.Shortage()
	resource := strings.TrimPrefix(f.Reason, outOf)
	if shortage.NeverFits() {
		return fmt.Sprintf("the step asks for more %s than the node has for all pods: %s, or run the step on a larger node (tags)",
			resource, lessOf(resource))
	}
	return fmt.Sprintf("the node is full: %s, run fewer steps on this worker (max active tasks), or add nodes", lessOf(resource))
}

// lessOf says what has pods take less of a resource, or the node give more.
func lessOf(resource string) string {
	const template = "the requests of --kubernetes-pod-template"
	switch corev1.ResourceName(resource) {
	case corev1.ResourcePods:
		return "raise maxPods in the configuration of the node's kubelet"
	case corev1.ResourceCPU:
		return "lower --kubernetes-cpu-reserved-per-share, container_limits.cpu or " + template
	default:
		return "lower " + template
	}
}
