package kubernetes_test

import (
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clienttesting "k8s.io/client-go/testing"
)

var _ = Describe("creating a container", func() {
	var w *world

	BeforeEach(func() {
		w = newWorld()
	})

	DescribeTable("the API server refuses",
		func(verb, resource string, refusal error, said ...string) {
			w.client.PrependReactor(verb, resource, func(clienttesting.Action) (bool, runtime.Object, error) {
				return true, nil, refusal
			})

			_, err := w.backend.Create(privateTask())

			for _, words := range said {
				Expect(err).To(MatchError(ContainSubstring(words)))
			}
			w.expectNothingLeft()
		},
		Entry("for want of permission", "create", "pods",
			apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New("no RBAC")),
			"create the pod: ", "no RBAC", "grant the worker's service account the verb create"),
		Entry("for want of quota", "create", "pods",
			apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New("exceeded quota: q")),
			"exceeded quota: q", "raise it"),
		Entry("for a limit range", "create", "pods",
			apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New("maximum memory usage per Container is 96Mi, but limit is 100Mi")),
			"but limit is 100Mi", "change it, or the step's container_limits"),
		Entry("because of Pod Security", "create", "pods",
			apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New(`violates PodSecurity "baseline"`)),
			"Pod Security level privileged"),
		Entry("by a webhook", "create", "pods",
			apierrors.NewBadRequest(`admission webhook "policy" denied the request`),
			"admission policy"),
		Entry("by a policy, which is no want of permission", "create", "pods",
			apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New("ValidatingAdmissionPolicy 'concourse-worker-pods' with binding 'all' denied request: one container")),
			"one container", "deploy/policies/worker.yaml"),
		Entry("for want of the namespace", "create", "secrets",
			apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, namespace),
			"create the pull secret: ", `namespaces "ci" not found`, "create the namespace"),
		Entry("to change the Secret", "patch", "secrets",
			apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, podName, errors.New("no RBAC")),
			"patch the pull secret: ", "the verb patch"),
	)
})
