package pod

import (
	"strconv"

	"code.cloudfoundry.org/garden"
	corev1 "k8s.io/api/core/v1"
)

const (
	// DefaultShares are the CPU shares of a container that names none: those that the
	// kernel gives to a new control group, and so those on upstream's other workers.
	DefaultShares = 1024

	// maxReserved are the most shares that a container reserves CPU for. A pipeline chooses the
	// shares, and would take what others need of the node.
	maxReserved = 4 * DefaultShares

	sharesKey = prefix + "cpu-shares"
)

// Shares are the CPU shares of the container that a pod is.
func Shares(pod *corev1.Pod) uint64 {
	if shares, err := strconv.ParseUint(pod.Annotations[sharesKey], 10, 64); err == nil {
		return shares
	}
	return DefaultShares
}

// NamesShares says whether the pod's container named its CPU shares. Of one that did
// not, the CPU request is a default.
func NamesShares(pod *corev1.Pod) bool {
	_, named := pod.Annotations[sharesKey]
	return named
}

// withShares adds the CPU shares that a container named.
func withShares(annotations map[string]string, limits garden.CPULimits) map[string]string {
	if shares := namedShares(limits); shares > 0 {
		annotations[sharesKey] = strconv.FormatUint(shares, 10)
	}
	return annotations
}

func sharesOrDefault(limits garden.CPULimits) uint64 {
	if shares := namedShares(limits); shares > 0 {
		return shares
	}
	return DefaultShares
}

// namedShares are zero where the container names none.
func namedShares(limits garden.CPULimits) uint64 {
	if limits.Weight > 0 {
		return limits.Weight
	}
	//lint:ignore SA1019 Concourse's web node still sets the deprecated LimitInShares.
	return limits.LimitInShares
}
