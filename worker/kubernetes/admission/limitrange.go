package admission

import (
	"errors"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// RefusedByLimitRange says whether the API server refused a pod for a LimitRange, by its
// bounds (status 403), or since a default limit of it is below the pod's request (422).
func RefusedByLimitRange(err error) bool {
	words := forbiddenFor(err)
	return strings.Contains(words, " usage per ") || strings.Contains(words, " max limit to request ratio per ") || requestsAboveLimit(err)
}

// requestsAboveLimit is so only of a pod that was changed while it was admitted: the worker
// creates none whose request is above its limit.
func requestsAboveLimit(err error) bool {
	status, ok := errors.AsType[*apierrors.StatusError](err)
	if !ok || !apierrors.IsInvalid(err) || status.ErrStatus.Details == nil {
		return false
	}
	return slices.ContainsFunc(status.ErrStatus.Details.Causes, func(cause metav1.StatusCause) bool {
		return strings.HasSuffix(cause.Field, ".resources.requests") && strings.Contains(cause.Message, "must be less than or equal to")
	})
}

// FitLimitRanges returns the pod as the LimitRanges of its namespace admit it. The LimitRanges
// are as the API server has them, defaults filled in. The pod has one container, and stays as
// it is.
//
// Of the step's own resources, which [pod.Build] set and no template has changed, the
// requests may change: they are no step's to choose. A limit that nobody set may be set. Other
// limits and requests stay. What can't be admitted like that is an error, which has a line for
// each problem: the LimitRange, its numbers, and what to change.
func FitLimitRanges(merged *corev1.Pod, step corev1.ResourceRequirements, ranges []corev1.LimitRange) (*corev1.Pod, error) {
	fitted := merged.DeepCopy()
	container := &fitted.Spec.Containers[0].Resources
	var problems []error
	for _, name := range resourcesOf(ranges) {
		f := newFitting(name, container, step, rulesOf(name, ranges))
		f.fit(container)
		problems = append(problems, f.problems()...)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return fitted, nil
}
