package admission

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// problems are what no fitting could mend, one for each rule at most.
func (f *fitting) problems() []error {
	var all []error
	for _, r := range f.rules {
		if err := f.problem(r); err != nil {
			all = append(all, err)
		}
	}
	return all
}

func (f *fitting) problem(r rule) error {
	switch {
	case r.max != nil && f.limit.Cmp(*r.max) > 0:
		return f.says(r, "allows at most %s of it per %s, and the limit is %s: lower %s, or raise max.%s of the LimitRange",
			r.max, r.kind, f.limit, f.limitFrom, f.name)
	case r.min != nil && f.limit != nil && f.limit.Cmp(*r.min) < 0:
		return f.says(r, "wants at least %s of it per %s, and the limit is %s: raise %s, or lower min.%s of the LimitRange",
			r.min, r.kind, f.limit, f.limitFrom, f.name)
	case r.maxRatio != nil && f.limit == nil:
		return f.says(r, "wants a limit of at most %s times the request per %s, and there is no limit: %s, or set default.%s of the LimitRange",
			r.maxRatio, r.kind, f.howToLimit(), f.name)
	case f.request == nil:
		return nil
	case r.min != nil && f.request.Cmp(*r.min) < 0:
		return f.says(r, "wants at least %s of it per %s, and the request is %s: raise requests.%s of the pod template, or lower min.%s of the LimitRange",
			r.min, r.kind, f.request, f.name, f.name)
	case r.max != nil && f.request.Cmp(*r.max) > 0:
		return f.says(r, "allows at most %s of it per %s, and the request is %s: lower requests.%s of the pod template, or raise max.%s of the LimitRange",
			r.max, r.kind, f.request, f.name, f.name)
	case r.maxRatio != nil && f.request.Cmp(divide(*f.limit, *r.maxRatio, f.name)) < 0:
		return f.says(r, "allows a limit of at most %s times the request per %s, and the limit is %s and the request %s: raise requests.%s of the pod template, lower %s, or raise maxLimitRequestRatio.%s of the LimitRange",
			r.maxRatio, r.kind, f.limit, f.request, f.name, f.limitFrom, f.name)
	case r.limitRange == f.defaultedBy && r.defaultLimit != nil && f.request.Cmp(*f.limit) > 0:
		return f.says(r, "gives a container without a limit one of %s, and the request is %s: lower requests.%s of the pod template or set its limits.%s, or raise default.%s of the LimitRange",
			f.limit, f.request, f.name, f.name, f.name)
	}
	return nil
}

// howToLimit leaves a step's CPU shares out, which are no limit.
func (f *fitting) howToLimit() string {
	if f.name == corev1.ResourceMemory {
		return "give the step container_limits.memory, set limits.memory of the pod template"
	}
	return fmt.Sprintf("set limits.%s of the pod template", f.name)
}

func (f *fitting) says(r rule, format string, args ...any) error {
	for i, arg := range args {
		if quantity, ok := arg.(*resource.Quantity); ok {
			args[i] = quantity.String()
		}
	}
	return fmt.Errorf("LimitRange %q for %s: it "+format, append([]any{r.limitRange, f.name}, args...)...)
}
