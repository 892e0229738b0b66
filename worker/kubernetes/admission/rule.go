package admission

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// rule is what a LimitRange says of one resource of a container, or of a pod, which is the
// same for a pod of one container. What it does not say is nil.
type rule struct {
	limitRange string
	kind       corev1.LimitType

	min, max, maxRatio *resource.Quantity

	// The API server gives these to a container that has none, whatever the kind says.
	defaultLimit, defaultRequest *resource.Quantity
}

func rulesOf(name corev1.ResourceName, ranges []corev1.LimitRange) []rule {
	var rules []rule
	for _, limitRange := range ranges {
		for _, item := range limitRange.Spec.Limits {
			if !bounds(item.Type) {
				continue
			}
			rules = append(rules, rule{
				limitRange: limitRange.Name, kind: item.Type,
				min: of(item.Min, name), max: of(item.Max, name), maxRatio: of(item.MaxLimitRequestRatio, name),
				defaultLimit: of(item.Default, name), defaultRequest: of(item.DefaultRequest, name),
			})
		}
	}
	return rules
}

// resourcesOf are those that the LimitRanges say something of, sorted.
func resourcesOf(ranges []corev1.LimitRange) []corev1.ResourceName {
	var names []corev1.ResourceName
	for _, limitRange := range ranges {
		for _, item := range limitRange.Spec.Limits {
			if !bounds(item.Type) {
				continue
			}
			for _, list := range []corev1.ResourceList{item.Min, item.Max, item.MaxLimitRequestRatio, item.Default} {
				for name := range list {
					names = append(names, name)
				}
			}
		}
	}
	slices.SortFunc(names, func(a, b corev1.ResourceName) int { return strings.Compare(string(a), string(b)) })
	return slices.Compact(names)
}

// bounds says whether a LimitRange's item is one for pods.
func bounds(kind corev1.LimitType) bool {
	return kind == corev1.LimitTypeContainer || kind == corev1.LimitTypePod
}

func of(list corev1.ResourceList, name corev1.ResourceName) *resource.Quantity {
	if quantity, ok := list[name]; ok {
		return &quantity
	}
	return nil
}

// lowest is the lowest of what the rules have there, with the rule that has it, or nil.
func lowest(rules []rule, get func(rule) *resource.Quantity) (found *resource.Quantity, by rule) {
	for _, r := range rules {
		if quantity := get(r); quantity != nil && (found == nil || quantity.Cmp(*found) < 0) {
			found, by = quantity, r
		}
	}
	return found, by
}
