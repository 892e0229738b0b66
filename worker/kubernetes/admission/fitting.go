package admission

import (
	"gopkg.in/inf.v0"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// fitting is one resource of a container while it is fitted to LimitRanges.
type fitting struct {
	name  corev1.ResourceName
	rules []rule

	// limit and request are what the container has once the API server has filled in what
	// is missing. They are nil where it has none.
	limit, request *resource.Quantity

	// limitFrom says whose the limit is. defaultedBy is the LimitRange whose default it is.
	limitFrom, defaultedBy string

	// free says of the request that nobody asked for it.
	free bool
}

func newFitting(name corev1.ResourceName, container *corev1.ResourceRequirements, step corev1.ResourceRequirements, rules []rule) fitting {
	f := fitting{name: name, rules: rules}
	f.findLimit(container, step)
	f.findRequest(container, step)
	return f
}

func (f *fitting) findLimit(container *corev1.ResourceRequirements, step corev1.ResourceRequirements) {
	f.limit = of(container.Limits, f.name)
	switch {
	case of(step.Limits, f.name) != nil:
		f.limitFrom = "container_limits." + string(f.name) + " of the step"
	case f.limit != nil:
		f.limitFrom = "limits." + string(f.name) + " of the pod template"
	default:
		var by rule
		f.limit, by = lowest(f.rules, func(r rule) *resource.Quantity { return r.defaultLimit })
		f.limitFrom, f.defaultedBy = "default."+string(f.name)+" of LimitRange "+by.limitRange, by.limitRange
	}
}

func (f *fitting) findRequest(container *corev1.ResourceRequirements, step corev1.ResourceRequirements) {
	request, own := of(container.Requests, f.name), of(step.Requests, f.name)
	switch {
	case request != nil:
		f.request = request
		f.free = own != nil && request.Cmp(*own) == 0
	case of(container.Limits, f.name) != nil:
		f.request = f.limit
	default:
		f.request, _ = lowest(f.rules, func(r rule) *resource.Quantity { return r.defaultRequest })
		f.free = true
	}
}

// fit changes the container as far as that is nobody's to say but the LimitRanges'.
func (f *fitting) fit(container *corev1.ResourceRequirements) {
	if most, by := lowest(f.rules, func(r rule) *resource.Quantity { return r.max }); f.limit == nil && most != nil {
		f.limit, f.limitFrom = most, "max."+string(f.name)+" of LimitRange "+by.limitRange
		set(&container.Limits, f.name, *most)
	}
	if !f.free {
		return
	}
	wanted := f.within()
	if wanted == nil || f.request != nil && wanted.Cmp(*f.request) == 0 {
		return
	}
	f.request = wanted
	set(&container.Requests, f.name, *wanted)
}

// within is the request, raised and lowered to what the rules and the limit admit. It is nil
// where there is none, and none is wanted.
func (f *fitting) within() *resource.Quantity {
	wanted := f.request
	for _, r := range f.rules {
		wanted = higher(wanted, r.min)
		if r.maxRatio != nil && f.limit != nil {
			wanted = higher(wanted, new(divide(*f.limit, *r.maxRatio, f.name)))
		}
	}
	if wanted == nil {
		return nil
	}
	for _, r := range f.rules {
		wanted = lower(wanted, r.max)
	}
	return lower(wanted, f.limit)
}

func higher(a, b *resource.Quantity) *resource.Quantity {
	if a == nil || b != nil && b.Cmp(*a) > 0 {
		return b
	}
	return a
}

func lower(a, b *resource.Quantity) *resource.Quantity {
	if b != nil && b.Cmp(*a) < 0 {
		return b
	}
	return a
}

// divide rounds up to what Kubernetes counts in: millicores, and wholes of all else.
func divide(limit, ratio resource.Quantity, name corev1.ResourceName) resource.Quantity {
	digits := inf.Scale(0)
	if name == corev1.ResourceCPU {
		digits = 3
	}
	quotient := new(inf.Dec).QuoRound(limit.AsDec(), ratio.AsDec(), digits, inf.RoundUp)
	return *resource.NewDecimalQuantity(*quotient, limit.Format)
}

func set(list *corev1.ResourceList, name corev1.ResourceName, quantity resource.Quantity) {
	if *list == nil {
		*list = corev1.ResourceList{}
	}
	(*list)[name] = quantity.DeepCopy()
}
