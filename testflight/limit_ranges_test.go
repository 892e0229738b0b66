package testflight_test

import (
	"context"
	"encoding/json"
	"time"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/admission"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/image"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod/template"
)

// The API server is asked about pods here, and makes none.
var _ = Describe("a namespace that bounds pods", func() {
	const (
		noTemplate = "kind: Pod"
		megabyte   = 1 << 20
	)

	// build is the pod of a step with a memory limit in bytes, or none, before and after the
	// template is merged in.
	build := func(podTemplate string, memory uint64) (step corev1.ResourceRequirements, merged *corev1.Pod) {
		GinkgoHelper()
		worker := pod.Worker{Name: "worker", NodeName: runs.Cluster.NodeName(), InitBinary: "/init/concourse-init", CPUReservedPerShare: resource.MustParse("20u")}
		built := pod.Build(worker, garden.ContainerSpec{
			Handle: newName(),
			Limits: garden.Limits{Memory: garden.MemoryLimits{LimitInBytes: memory}},
		}, image.Image{Reference: "busybox"}, "/run")
		parsed, err := template.Parse("pods.yml", []byte(podTemplate))
		Expect(err).NotTo(HaveOccurred())
		merged, err = parsed.Apply(built)
		Expect(err).NotTo(HaveOccurred())
		return built.Spec.Containers[0].Resources, merged
	}

	// create asks for the pod, in a dry run.
	create := func(ctx context.Context, namespace string, asked *corev1.Pod) error {
		GinkgoHelper()
		admin, err := runs.Client()
		Expect(err).NotTo(HaveOccurred())
		asked = asked.DeepCopy()
		asked.Namespace = namespace
		_, err = admin.CoreV1().Pods(namespace).Create(ctx, asked, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	}

	// limited is a namespace with LimitRanges, and these as the API server has them.
	limited := func(ctx context.Context, limits map[string]string) (namespace string, ranges []corev1.LimitRange) {
		GinkgoHelper()
		admin, err := runs.Client()
		Expect(err).NotTo(HaveOccurred())
		namespace = newNamespace(ctx, admin, "limit-range-")
		for name, item := range limits {
			var of corev1.LimitRange
			Expect(yaml.UnmarshalStrict([]byte("{spec: {limits: ["+item+"]}}"), &of)).To(Succeed())
			of.Name = name
			_, err := admin.CoreV1().LimitRanges(namespace).Create(ctx, &of, metav1.CreateOptions{})
			Expect(err).NotTo(HaveOccurred())
		}
		list, err := admin.CoreV1().LimitRanges(namespace).List(ctx, metav1.ListOptions{})
		Expect(err).NotTo(HaveOccurred())
		Expect(list.Items).To(HaveLen(len(limits)))
		return namespace, list.Items
	}

	// refusedFor is what the API server says, once it knows the LimitRanges.
	refusedFor := func(ctx context.Context, namespace string, asked *corev1.Pod, words string) (refused error) {
		GinkgoHelper()
		Eventually(ctx, func() error {
			refused = create(ctx, namespace, asked)
			return refused
		}).Should(MatchError(ContainSubstring(words)))
		return refused
	}

	DescribeTable("takes the pods of steps once they are fitted to its LimitRanges",
		func(ctx SpecContext, item, podTemplate string, memory int, refusal, fittedTo string) {
			namespace, ranges := limited(ctx, map[string]string{"sizes": item})
			step, merged := build(podTemplate, uint64(memory))

			refused := refusedFor(ctx, namespace, merged, refusal)
			Expect(admission.RefusedByLimitRange(refused)).To(BeTrue())

			fitted, err := admission.FitLimitRanges(merged, step, ranges)
			Expect(err).NotTo(HaveOccurred())
			Expect(json.Marshal(fitted.Spec.Containers[0].Resources)).To(MatchJSON(fittedTo))
			Expect(create(ctx, namespace, fitted)).To(Succeed())
		},
		Entry("with a least request of memory", "{type: Container, min: {memory: 64Mi}}", noTemplate, 100*megabyte,
			"minimum memory usage per Container is 64Mi, but request is 0",
			`{"limits": {"memory": "100Mi"}, "requests": {"cpu": "20m", "memory": "64Mi"}}`, SpecTimeout(time.Minute)),
		Entry("with a least request of CPU", "{type: Container, min: {cpu: 100m}}", noTemplate, 0,
			"minimum cpu usage per Container is 100m, but request is 20m",
			`{"requests": {"cpu": "100m"}}`, SpecTimeout(time.Minute)),
		Entry("with a default limit below the request", "{type: Container, default: {cpu: 10m}}", noTemplate, 0,
			`must be less than or equal to cpu limit of 10m`,
			`{"requests": {"cpu": "10m"}}`, SpecTimeout(time.Minute)),
		Entry("with a largest ratio of limit and request", "{type: Container, maxLimitRequestRatio: {memory: 3}}", noTemplate, 100*megabyte,
			"memory max limit to request ratio per Container is 3, but no request is specified or request is 0",
			`{"limits": {"memory": "100Mi"}, "requests": {"cpu": "20m", "memory": "34952534"}}`, SpecTimeout(time.Minute)),
		Entry("with such a ratio for CPU, and a default limit", "{type: Container, default: {cpu: 2}, maxLimitRequestRatio: {cpu: 10}}", noTemplate, 0,
			"cpu max limit to request ratio per Container is 10, but provided ratio is 100.000000",
			`{"requests": {"cpu": "200m"}}`, SpecTimeout(time.Minute)),
		Entry("that bound whole pods, and want a limit", "{type: Pod, max: {memory: 1Gi}}", noTemplate, 0,
			"maximum memory usage per Pod is 1Gi.  No limit is specified",
			`{"limits": {"memory": "1Gi"}, "requests": {"cpu": "20m"}}`, SpecTimeout(time.Minute)),
		Entry("that bound whole pods, and want a request", "{type: Pod, min: {memory: 64Mi}}", noTemplate, 0,
			"minimum memory usage per Pod is 64Mi.  No request is specified",
			`{"requests": {"cpu": "20m", "memory": "64Mi"}}`, SpecTimeout(time.Minute)),
	)

	DescribeTable("refuses what does not fit its LimitRanges, in words that fitting explains",
		func(ctx SpecContext, item, podTemplate string, memory int, refusal, problem string) {
			namespace, ranges := limited(ctx, map[string]string{"sizes": item})
			step, merged := build(podTemplate, uint64(memory))

			refused := refusedFor(ctx, namespace, merged, refusal)
			Expect(admission.RefusedByLimitRange(refused)).To(BeTrue())

			_, err := admission.FitLimitRanges(merged, step, ranges)
			Expect(err).To(MatchError(And(ContainSubstring(`LimitRange "sizes"`), ContainSubstring(problem))))
		},
		Entry("a limit above the most", "{type: Container, max: {memory: 96Mi}}", noTemplate, 100*megabyte,
			"maximum memory usage per Container is 96Mi, but limit is 100Mi", "lower container_limits.memory of the step", SpecTimeout(time.Minute)),
		Entry("a limit below the least", "{type: Container, min: {memory: 128Mi}}", noTemplate, 100*megabyte,
			"minimum memory usage per Container is 128Mi, but request is 0", "raise container_limits.memory of the step", SpecTimeout(time.Minute)),
		Entry("a template's request above the default limit", "{type: Container, default: {memory: 64Mi}}",
			"{spec: {containers: [{name: step, resources: {requests: {memory: 100Mi}}}]}}", 0,
			"must be less than or equal to memory limit of 64Mi", "lower requests.memory of the pod template", SpecTimeout(time.Minute)),
		Entry("a CPU request without a limit", "{type: Container, maxLimitRequestRatio: {cpu: 4}}", noTemplate, 0,
			"cpu max limit to request ratio per Container is 4, but no limit is specified or limit is 0", "set limits.cpu of the pod template", SpecTimeout(time.Minute)),
	)

	DescribeTable("has quotas, of which the worker reads what is missing",
		func(ctx SpecContext, hard map[corev1.ResourceName]string, others, memory int, said string, never bool) {
			admin, err := runs.Client()
			Expect(err).NotTo(HaveOccurred())
			namespace := newNamespace(ctx, admin, "quota-")
			_, asked := build(noTemplate, uint64(memory))
			for range others { // which are there first, so that the quota counts them
				other := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{GenerateName: "other-"}, Spec: *asked.Spec.DeepCopy()}
				other.Spec.NodeName, other.Spec.SchedulingGates = "", []corev1.PodSchedulingGate{{Name: "example.com/never"}}
				_, err := admin.CoreV1().Pods(namespace).Create(ctx, other, metav1.CreateOptions{})
				Expect(err).NotTo(HaveOccurred())
			}
			quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "team"}, Spec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{}}}
			for name, quantity := range hard {
				quota.Spec.Hard[name] = resource.MustParse(quantity)
			}
			_, err = admin.CoreV1().ResourceQuotas(namespace).Create(ctx, quota, metav1.CreateOptions{})
			Expect(err).NotTo(HaveOccurred())

			var exceeded admission.ExceededQuota
			Eventually(ctx, func() (is bool) {
				exceeded, is = admission.ReadExceededQuota(create(ctx, namespace, asked))
				return is
			}).Should(BeTrue())

			Expect(exceeded.String()).To(Equal(said))
			Expect(exceeded.NeverFits()).To(Equal(never))
		},
		Entry("of pods", map[corev1.ResourceName]string{"pods": "0"}, 0, 0,
			`ResourceQuota "team": 0 of 0 pods are used, and the pod asks for 1`, true, SpecTimeout(time.Minute)),
		Entry("of several resources", map[corev1.ResourceName]string{"requests.cpu": "10m", "limits.memory": "64Mi"}, 0, 100*megabyte,
			`ResourceQuota "team": 0 of 64Mi limits.memory are used, and the pod asks for 100Mi; 0 of 10m requests.cpu are used, and the pod asks for 20m`, true, SpecTimeout(time.Minute)),
		Entry("that others use", map[corev1.ResourceName]string{"pods": "2", "requests.cpu": "50m"}, 2, 0,
			`ResourceQuota "team": 2 of 2 pods are used, and the pod asks for 1; 40m of 50m requests.cpu are used, and the pod asks for 20m`, false, SpecTimeout(time.Minute)),
	)
})
