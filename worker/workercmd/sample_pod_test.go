package workercmd

import (
	"errors"
	"net/http"

	"code.cloudfoundry.org/lager/v3/lagertest"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod/template"
)

var _ = Describe("a pod that the API server is asked about when the worker starts", func() {
	var (
		client *fake.Clientset
		log    *lagertest.TestLogger
		config kubernetes.Config
		asked  []clienttesting.CreateActionImpl
		answer error
	)

	BeforeEach(func() {
		client, log, asked, answer = fake.NewSimpleClientset(), lagertest.NewTestLogger("worker"), nil, nil
		client.PrependReactor("create", "pods", func(action clienttesting.Action) (bool, runtime.Object, error) {
			asked = append(asked, action.(clienttesting.CreateActionImpl))
			return true, &corev1.Pod{}, answer
		})
		podTemplate, err := template.Parse("pods.yaml", []byte("spec: {tolerations: [{key: ci, operator: Exits}]}"))
		Expect(err).NotTo(HaveOccurred())
		config = kubernetes.Config{
			Client: client, Namespace: "ci", NodeName: "node-1", WorkerName: "worker-1", StateDir: "/containers",
			InitBinary: "/init/concourse-init", ImagePullSecrets: []string{"mirror"}, PodTemplate: podTemplate, Logger: log,
		}
	})

	It("is one that the worker could create, with the template, and is not made", func(ctx SpecContext) {
		Expect(trySamplePod(ctx, config)).To(Succeed())

		Expect(asked).To(HaveLen(1))
		Expect(asked[0].CreateOptions.DryRun).To(Equal([]string{"All"}))
		Expect(asked[0].GetNamespace()).To(Equal("ci"))
		sample := asked[0].GetObject().(*corev1.Pod)
		Expect(validation.IsDNS1123Subdomain(sample.Name)).To(BeEmpty())
		spec := sample.Spec
		Expect(spec.NodeName).To(Equal("node-1"))
		Expect(spec.ImagePullSecrets).To(ConsistOf(HaveField("Name", "mirror")))
		Expect(spec.Tolerations).To(ConsistOf(HaveField("Key", "ci")))
		Expect(spec.Volumes).To(ContainElement(HaveField("VolumeSource.HostPath.Path", "/containers/sample/run/1")))
		Expect(spec.Containers[0].Command).To(ContainElement(ContainSubstring("concourse-init")))
	})

	It("needs no template", func(ctx SpecContext) {
		config.PodTemplate = nil
		Expect(trySamplePod(ctx, config)).To(Succeed())
		Expect(asked).To(HaveLen(1))
	})

	It("keeps the worker from starting if it is not valid, in the API server's words", func(ctx SpecContext) {
		answer = apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "sample", field.ErrorList{
			field.NotSupported(field.NewPath("spec", "tolerations").Index(0).Child("operator"), "Exits", []string{"Equal", "Exists"}),
		})
		Expect(trySamplePod(ctx, config)).To(MatchError(And(
			ContainSubstring("--kubernetes-pod-template"),
			ContainSubstring(`spec.tolerations[0].operator: Unsupported value: "Exits": supported values: "Equal", "Exists"`),
		)))
	})

	DescribeTable("may get another answer later, so that the worker starts and logs it",
		func(ctx SpecContext, given error) {
			answer = given
			Expect(trySamplePod(ctx, config)).To(Succeed())
			Expect(log).To(gbytes.Say("failed-to-try-a-sample-pod"))
			Expect(log.Logs()[0].Data["error"]).To(Equal(given.Error()))
		},
		Entry("with a quota", apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "sample", errors.New("exceeded quota: pods"))),
		Entry("with a policy that denies this pod", deniedByPolicy()),
		Entry("with a webhook that has side effects", apierrors.NewBadRequest("admission webhook does not support dry run")),
		Entry("while the API server is down", errors.New("connection refused")),
	)
})

// deniedByPolicy is what the API server answers for a ValidatingAdmissionPolicy
// that gives no reason of its own.
func deniedByPolicy() error {
	const message = "ValidatingAdmissionPolicy 'images' with binding 'all' denied request: images must be from registry.example"
	denied := apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "sample", errors.New(message))
	denied.ErrStatus.Reason, denied.ErrStatus.Code = metav1.StatusReasonInvalid, http.StatusUnprocessableEntity
	denied.ErrStatus.Details.Causes = []metav1.StatusCause{{Message: message}}
	return denied
}
