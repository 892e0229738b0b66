package pod

import (
	"code.cloudfoundry.org/garden"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// resources translates Concourse's limits. A memory limit is a ceiling and no
// reservation, hence the request of zero, which Kubernetes would otherwise set to the
// limit. CPU shares are a weight, which package cpuweight sets: the request only reserves.
func resources(worker Worker, limits garden.Limits) corev1.ResourceRequirements {
	required := corev1.ResourceRequirements{Requests: corev1.ResourceList{
		corev1.ResourceCPU: cpuRequest(worker.CPUReservedPerShare, sharesOrDefault(limits.CPU)),
	}}
	if bytes := limits.Memory.LimitInBytes; bytes > 0 {
		required.Limits = corev1.ResourceList{
			corev1.ResourceMemory: *resource.NewQuantity(int64(bytes), resource.BinarySI),
		}
		required.Requests[corev1.ResourceMemory] = *resource.NewQuantity(0, resource.BinarySI)
	}
	return required
}

// cpuRequest is in whole millicores, as Kubernetes takes no less than one. It is also
// said that a pod requests none: its CPU limit, if it has one, would become its request.
func cpuRequest(perShare resource.Quantity, shares uint64) resource.Quantity {
	if perShare.IsZero() {
		return *resource.NewMilliQuantity(0, resource.DecimalSI)
	}
	reserved := perShare.DeepCopy()
	reserved.Mul(int64(min(shares, maxReserved)))
	const microPerMilli = 1000
	nearest := (reserved.ScaledValue(resource.Micro) + microPerMilli/2) / microPerMilli
	return *resource.NewMilliQuantity(max(1, nearest), resource.DecimalSI)
}
