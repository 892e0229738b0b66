package admission_test

import (
	"encoding/json"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/admission"
)

var _ = Describe("a pod in a namespace with LimitRanges", func() {
	resources := func(text string) corev1.ResourceRequirements {
		GinkgoHelper()
		var parsed corev1.ResourceRequirements
		Expect(yaml.UnmarshalStrict([]byte(text), &parsed)).To(Succeed())
		return parsed
	}

	// fit has LimitRanges of the names range-0, range-1 and so on. A step without a memory
	// limit and with the default of CPU shares has the resources own.
	fit := func(step, merged string, items ...string) (*corev1.Pod, error) {
		GinkgoHelper()
		var ranges []corev1.LimitRange
		for i, item := range items {
			var limits corev1.LimitRange
			Expect(yaml.UnmarshalStrict([]byte("{spec: {limits: ["+item+"]}}"), &limits)).To(Succeed())
			limits.Name = fmt.Sprintf("range-%d", i)
			ranges = append(ranges, limits)
		}
		pod := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "step", Resources: resources(merged)}}}}
		before := pod.DeepCopy()
		fitted, err := admission.FitLimitRanges(pod, resources(step), ranges)
		Expect(pod).To(Equal(before), "the pod that is passed stays as it is")
		return fitted, err
	}

	const (
		own         = `{requests: {cpu: 20m}}`
		ownOf100Mi  = `{requests: {cpu: 20m, memory: "0"}, limits: {memory: 100Mi}}`
		ofATemplate = `{requests: {cpu: 500m, memory: 100Mi}}`
	)

	DescribeTable("is fitted where the step asked for nothing else",
		func(step, fittedTo string, items ...string) {
			fitted, err := fit(step, step, items...)
			Expect(err).NotTo(HaveOccurred())
			Expect(json.Marshal(fitted.Spec.Containers[0].Resources)).To(MatchYAML(fittedTo))
		},
		Entry("to none", ownOf100Mi, ownOf100Mi),
		Entry("to one that it fits", own, own, `{type: Container, min: {cpu: 10m}, default: {cpu: 2}, defaultRequest: {cpu: 1}}`),
		Entry("to one that is for claims of volumes", own, own, `{type: PersistentVolumeClaim, min: {cpu: 4}, max: {cpu: 8}}`),
		Entry("to a least request", ownOf100Mi, `{requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 100Mi}}`, `{type: Container, min: {cpu: 100m, memory: 64Mi}}`),
		Entry("to the greater of two", own, `{requests: {cpu: 200m}}`, `{type: Container, min: {cpu: 200m}}`, `{type: Pod, min: {cpu: 100m}}`),
		Entry("to a default limit", own, `{requests: {cpu: 10m}}`, `{type: Container, default: {cpu: 10m}, defaultRequest: {cpu: 10m}}`),
		Entry("to a most, which is the default limit", own, `{requests: {cpu: 10m}}`, `{type: Container, max: {cpu: 10m}, default: {cpu: 10m}, defaultRequest: {cpu: 10m}}`),
		Entry("to a ratio to its limit, rounded up", ownOf100Mi, `{requests: {cpu: 20m, memory: "34952534"}, limits: {memory: 100Mi}}`, `{type: Container, maxLimitRequestRatio: {memory: 3}}`),
		Entry("to a ratio that is no whole number", ownOf100Mi, `{requests: {cpu: 20m, memory: 80Mi}, limits: {memory: 100Mi}}`, `{type: Container, maxLimitRequestRatio: {memory: 1250m}}`),
		Entry("to a ratio to a default limit, in millicores", own, `{requests: {cpu: 667m}}`, `{type: Container, default: {cpu: 2}, maxLimitRequestRatio: {cpu: 3}}`),
		Entry("to a most of pods, which have no default limit", own, `{requests: {cpu: 20m}, limits: {memory: 1Gi}}`, `{type: Pod, max: {memory: 1Gi}}`),
		Entry("to a least of pods, which have no default request", own, `{requests: {cpu: 20m, memory: 64Mi}}`, `{type: Pod, min: {memory: 64Mi}}`),
		Entry("to a least that another's default request is below", own, `{requests: {cpu: 20m, memory: 64Mi}}`,
			`{type: Container, defaultRequest: {memory: 32Mi}}`, `{type: Container, min: {memory: 64Mi}, defaultRequest: {memory: 64Mi}}`),
	)

	DescribeTable("can't be fitted, and the error has the LimitRange, its numbers and what to change",
		func(step, merged, item, problem string) {
			_, err := fit(step, merged, item)
			Expect(err).To(MatchError(problem))
		},
		Entry("the step's limit is too high", ownOf100Mi, ownOf100Mi, `{type: Container, max: {memory: 96Mi}}`,
			`LimitRange "range-0" for memory: it allows at most 96Mi of it per Container, and the limit is 100Mi: lower container_limits.memory of the step, or raise max.memory of the LimitRange`),
		Entry("the step's limit is too low", ownOf100Mi, ownOf100Mi, `{type: Pod, min: {memory: 128Mi}}`,
			`LimitRange "range-0" for memory: it wants at least 128Mi of it per Pod, and the limit is 100Mi: raise container_limits.memory of the step, or lower min.memory of the LimitRange`),
		Entry("the template's limit is too high", own, `{requests: {cpu: 20m}, limits: {cpu: 4}}`, `{type: Container, max: {cpu: 2}}`,
			`LimitRange "range-0" for cpu: it allows at most 2 of it per Container, and the limit is 4: lower limits.cpu of the pod template, or raise max.cpu of the LimitRange`),
		Entry("the template's request is too low", own, ofATemplate, `{type: Container, min: {memory: 128Mi}}`,
			`LimitRange "range-0" for memory: it wants at least 128Mi of it per Container, and the request is 100Mi: raise requests.memory of the pod template, or lower min.memory of the LimitRange`),
		Entry("the template's request is too high", own, ofATemplate, `{type: Pod, max: {cpu: 200m}}`,
			`LimitRange "range-0" for cpu: it allows at most 200m of it per Pod, and the request is 500m: lower requests.cpu of the pod template, or raise max.cpu of the LimitRange`),
		Entry("the template's request is above the default limit", own, ofATemplate, `{type: Container, default: {cpu: 100m}}`,
			`LimitRange "range-0" for cpu: it gives a container without a limit one of 100m, and the request is 500m: lower requests.cpu of the pod template or set its limits.cpu, or raise default.cpu of the LimitRange`),
		Entry("the template's request is too low for the step's limit", ownOf100Mi, `{requests: {cpu: 20m, memory: 10Mi}, limits: {memory: 100Mi}}`, `{type: Container, maxLimitRequestRatio: {memory: 2}}`,
			`LimitRange "range-0" for memory: it allows a limit of at most 2 times the request per Container, and the limit is 100Mi and the request 10Mi: raise requests.memory of the pod template, lower container_limits.memory of the step, or raise maxLimitRequestRatio.memory of the LimitRange`),
		Entry("a memory limit is wanted", own, own, `{type: Container, maxLimitRequestRatio: {memory: 2}}`,
			`LimitRange "range-0" for memory: it wants a limit of at most 2 times the request per Container, and there is no limit: give the step container_limits.memory, set limits.memory of the pod template, or set default.memory of the LimitRange`),
		Entry("a CPU limit is wanted, which no step has", own, own, `{type: Container, maxLimitRequestRatio: {cpu: 4}}`,
			`LimitRange "range-0" for cpu: it wants a limit of at most 4 times the request per Container, and there is no limit: set limits.cpu of the pod template, or set default.cpu of the LimitRange`),
		Entry("the LimitRange's default limit is above its most", own, own, `{type: Container, default: {cpu: 4}, max: {cpu: 2}}`,
			`LimitRange "range-0" for cpu: it allows at most 2 of it per Container, and the limit is 4: lower default.cpu of LimitRange range-0, or raise max.cpu of the LimitRange`),
	)

	It("has all that is wrong in one error", func() {
		_, err := fit(ownOf100Mi, ownOf100Mi, `{type: Container, max: {memory: 96Mi}}`, `{type: Container, maxLimitRequestRatio: {cpu: 4}}`)
		Expect(err).To(MatchError(And(ContainSubstring("range-0"), ContainSubstring("range-1"))))
	})
})
