package admission_test

import (
	"errors"
	"fmt"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/admission"
)

// forbidden is what an API server answers with status 403. The words in these specs are those
// of Kubernetes 1.34: testflight/limit_ranges_test.go has an API server say them.
func forbidden(words string) error {
	return apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "demo-build-7", errors.New(words))
}

// invalid is what one answers with status 422.
func invalid(field, words string) error {
	err := apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "demo-build-7", nil)
	err.ErrStatus.Message += field + ": Invalid value: " + words
	err.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: metav1.CauseTypeFieldValueInvalid, Field: field, Message: "Invalid value: " + words}}
	return err
}

var _ = Describe("a refusal for a LimitRange", func() {
	DescribeTable("is known",
		func(refusal error) {
			Expect(admission.RefusedByLimitRange(refusal)).To(BeTrue())
			Expect(admission.RefusedByLimitRange(fmt.Errorf("create the pod: %w", refusal))).To(BeTrue())
		},
		Entry("of the least", forbidden("minimum memory usage per Container is 64Mi, but request is 0")),
		Entry("of the least, which a pod has to name", forbidden("minimum memory usage per Pod is 64Mi.  No request is specified")),
		Entry("of the most", forbidden("maximum memory usage per Container is 96Mi, but limit is 100Mi")),
		Entry("of the most, which a pod has to name", forbidden("maximum memory usage per Pod is 1Gi.  No limit is specified")),
		Entry("of a ratio", forbidden("cpu max limit to request ratio per Container is 10, but provided ratio is 100.000000")),
		Entry("of several", forbidden("[minimum cpu usage per Container is 100m, but request is 20m, minimum memory usage per Container is 64Mi, but request is 0]")),
		Entry("of a default limit", invalid("spec.containers[0].resources.requests", `"20m": must be less than or equal to cpu limit of 10m`)),
	)

	DescribeTable("is not taken for another",
		func(refusal error) { Expect(admission.RefusedByLimitRange(refusal)).To(BeFalse()) },
		Entry("for want of permission", forbidden("User \"worker\" cannot create resource \"pods\"")),
		Entry("for a quota", forbidden("exceeded quota: team, requested: pods=1, used: pods=2, limited: pods=2")),
		Entry("of a field", invalid("spec.tolerations[0].operator", `"Exits"`)),
		Entry("of a request that is no number", invalid("spec.containers[0].resources.requests", `"-1": must be greater than or equal to 0`)),
		Entry("of no API server", errors.New("minimum memory usage per Container is 64Mi, but request is 0")),
		Entry("none", nil),
	)
})

var _ = Describe("a refusal for a ResourceQuota", func() {
	const words = "exceeded quota: team.a, requested: limits.memory=1Gi,requests.cpu=20m, used: limits.memory=3584Mi,requests.cpu=0, limited: limits.memory=4Gi,requests.cpu=10m"

	It("is read, with all its numbers", func() {
		quota, is := admission.ReadExceededQuota(fmt.Errorf("create the pod: %w: raise it", forbidden(words)))

		Expect(is).To(BeTrue())
		Expect(quota.Name).To(Equal("team.a"))
		Expect(quota.String()).To(Equal(`ResourceQuota "team.a": 3584Mi of 4Gi limits.memory are used, and the pod asks for 1Gi; ` +
			`0 of 10m requests.cpu are used, and the pod asks for 20m`))
		memory := quota.Exceeded[0]
		Expect(memory.Resource).To(Equal("limits.memory"))
		Expect(memory.Requested.Value()).To(BeEquivalentTo(1 << 30))
		Expect(memory.Used.Value()).To(BeEquivalentTo(3584 << 20))
		Expect(memory.Limited.Value()).To(BeEquivalentTo(4 << 30))
	})

	It("is not read where a number is missing", func() {
		_, is := admission.ReadExceededQuota(forbidden("exceeded quota: team, requested: pods=1, used: pods=2, limited: pods=many"))
		Expect(is).To(BeFalse())
	})

	DescribeTable("says whether waiting is of use",
		func(numbers string, never bool) {
			quota, is := admission.ReadExceededQuota(forbidden("exceeded quota: team, " + numbers))
			Expect(is).To(BeTrue())
			Expect(quota.NeverFits()).To(Equal(never))
		},
		Entry("others use it", "requested: pods=1, used: pods=2, limited: pods=2", false),
		Entry("it is as large as the request", "requested: pods=1, used: pods=1, limited: pods=1", false),
		Entry("it is smaller than the request", "requested: limits.memory=1Gi, used: limits.memory=0, limited: limits.memory=1000Mi", true),
		Entry("one of its resources is", "requested: pods=1,requests.cpu=20m, used: pods=2,requests.cpu=0, limited: pods=2,requests.cpu=10m", true),
	)

	DescribeTable("is not taken for another",
		func(refusal error) {
			_, is := admission.ReadExceededQuota(refusal)
			Expect(is).To(BeFalse())
		},
		Entry("that wants limits", forbidden("failed quota: team: must specify limits.memory for: step")),
		Entry("whose use is not counted yet", forbidden("status unknown for quota: team, resources: pods")),
		Entry("without its numbers", forbidden("exceeded quota: team")),
		Entry("of another status", apierrors.NewGenericServerResponse(http.StatusBadRequest, "create", schema.GroupResource{Resource: "pods"}, "demo", "exceeded quota: team, requested: pods=1, used: pods=2, limited: pods=2", 0, true)),
		Entry("none", nil),
	)
})
