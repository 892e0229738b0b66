package template_test

import (
	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/image"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod/template"
)

var _ = Describe("a pod with a template", func() {
	var built *corev1.Pod

	BeforeEach(func() {
		built = &corev1.Pod{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
			ObjectMeta: metav1.ObjectMeta{
				Name:        "demo",
				Labels:      map[string]string{"concourse-ci.org/worker": "worker-1"},
				Annotations: map[string]string{"concourse-ci.org/worker": "worker-1"},
			},
			Spec: corev1.PodSpec{
				NodeName:           "node-1",
				EnableServiceLinks: new(false),
				ImagePullSecrets:   []corev1.LocalObjectReference{{Name: "demo"}},
				Containers: []corev1.Container{{
					Name:            "step",
					Image:           "busybox",
					SecurityContext: &corev1.SecurityContext{Privileged: new(true)},
					VolumeMounts: []corev1.VolumeMount{
						{Name: "init", MountPath: "/.concourse/bin", ReadOnly: true},
						{Name: "volume-0", MountPath: "/etc/ssl/certs"},
					},
				}},
				Volumes: []corev1.Volume{
					{Name: "init", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/init"}}},
					{Name: "volume-0", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/certs"}}},
				},
			},
		}
	})

	apply := func(content string) *corev1.Pod {
		GinkgoHelper()
		parsed, err := template.Parse("pods.yaml", []byte(content))
		Expect(err).NotTo(HaveOccurred())
		before := built.DeepCopy()
		merged, err := parsed.Apply(built)
		Expect(err).NotTo(HaveOccurred())
		Expect(built).To(Equal(before), "the pod that is passed stays as it is")
		again, err := parsed.Apply(built)
		Expect(err).NotTo(HaveOccurred())
		Expect(again).To(Equal(merged), "the template stays as it is")
		return merged
	}

	It("is the pod where there is no template", func() {
		var none *template.Template
		Expect(none.Apply(built)).To(BeIdenticalTo(built))
	})

	It("is the pod where the template sets nothing", func() {
		Expect(apply("kind: Pod\n")).To(Equal(built))
	})

	DescribeTable("has what the template adds, and all that it had",
		func(content string, add func(pod *corev1.Pod, step *corev1.Container)) {
			merged := apply(content)

			add(built, &built.Spec.Containers[0])
			expected, err := yaml.Marshal(built)
			Expect(err).NotTo(HaveOccurred())
			Expect(yaml.Marshal(merged)).To(MatchYAML(expected))
		},
		Entry("labels", "metadata: {labels: {cost-centre: ci}}", func(pod *corev1.Pod, _ *corev1.Container) {
			pod.Labels["cost-centre"] = "ci"
		}),
		Entry("a label that YAML takes for a boolean", "metadata: {labels: {ci: true}}", func(pod *corev1.Pod, _ *corev1.Container) {
			pod.Labels["ci"] = "true"
		}),
		Entry("annotations", "metadata: {annotations: {sidecar.istio.io/inject: 'false'}}", func(pod *corev1.Pod, _ *corev1.Container) {
			pod.Annotations["sidecar.istio.io/inject"] = "false"
		}),
		Entry("a node selector", "spec: {nodeSelector: {pool: ci}}", func(pod *corev1.Pod, _ *corev1.Container) {
			pod.Spec.NodeSelector = map[string]string{"pool": "ci"}
		}),
		Entry("tolerations", "spec: {tolerations: [{key: ci, operator: Exists}, {operator: Exists, effect: NoExecute}]}", func(pod *corev1.Pod, _ *corev1.Container) {
			pod.Spec.Tolerations = []corev1.Toleration{{Key: "ci", Operator: "Exists"}, {Operator: "Exists", Effect: "NoExecute"}}
		}),
		Entry("a runtime class", "spec: {runtimeClassName: nvidia}", func(pod *corev1.Pod, _ *corev1.Container) {
			pod.Spec.RuntimeClassName = new("nvidia")
		}),
		Entry("a priority class", "spec: {priorityClassName: ci}", func(pod *corev1.Pod, _ *corev1.Container) {
			pod.Spec.PriorityClassName = "ci"
		}),
		Entry("a service account", "spec: {serviceAccountName: puller}", func(pod *corev1.Pod, _ *corev1.Container) {
			pod.Spec.ServiceAccountName = "puller"
		}),
		Entry("name resolution", "spec: {dnsPolicy: None, dnsConfig: {nameservers: [192.0.2.1]}, hostAliases: [{ip: 192.0.2.2, hostnames: [a]}]}", func(pod *corev1.Pod, _ *corev1.Container) {
			pod.Spec.DNSPolicy = corev1.DNSNone
			pod.Spec.DNSConfig = &corev1.PodDNSConfig{Nameservers: []string{"192.0.2.1"}}
			pod.Spec.HostAliases = []corev1.HostAlias{{IP: "192.0.2.2", Hostnames: []string{"a"}}}
		}),
		Entry("the pod's security context", "spec: {securityContext: {supplementalGroups: [7], seccompProfile: {type: RuntimeDefault}}}", func(pod *corev1.Pod, _ *corev1.Container) {
			pod.Spec.SecurityContext = &corev1.PodSecurityContext{SupplementalGroups: []int64{7}, SeccompProfile: &corev1.SeccompProfile{Type: "RuntimeDefault"}}
		}),
		Entry("the container's security context", "spec: {containers: [{name: step, securityContext: {capabilities: {drop: [NET_RAW]}}}]}", func(_ *corev1.Pod, step *corev1.Container) {
			step.SecurityContext.Capabilities = &corev1.Capabilities{Drop: []corev1.Capability{"NET_RAW"}}
		}),
		Entry("variables", "spec: {containers: [{name: step, env: [{name: HTTPS_PROXY, value: 'http://192.0.2.1'}]}]}", func(_ *corev1.Pod, step *corev1.Container) {
			step.Env = append(step.Env, corev1.EnvVar{Name: "HTTPS_PROXY", Value: "http://192.0.2.1"})
		}),
		Entry("pull secrets, after the image's own", "spec: {imagePullSecrets: [{name: mirror}]}", func(pod *corev1.Pod, _ *corev1.Container) {
			pod.Spec.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "demo"}, {Name: "mirror"}}
		}),
		Entry("volumes and mounts, after Concourse's",
			"spec: {volumes: [{name: tmp, emptyDir: {}}], containers: [{name: step, volumeMounts: [{name: tmp, mountPath: /tmp}]}]}",
			func(pod *corev1.Pod, step *corev1.Container) {
				pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}})
				step.VolumeMounts = append(step.VolumeMounts, corev1.VolumeMount{Name: "tmp", MountPath: "/tmp"})
			}),
	)

	It("keeps the step's mount where the template has one at the same path", func() {
		parsed, err := template.Parse("pods.yaml", []byte(
			"spec: {volumes: [{name: ca}], containers: [{name: step, volumeMounts: [{name: ca, mountPath: /etc/ssl/certs/, readOnly: true, subPath: a}]}]}"))
		Expect(err).NotTo(HaveOccurred())
		merged, err := parsed.Apply(built)
		Expect(err).NotTo(HaveOccurred())
		Expect(merged.Spec.Containers[0].VolumeMounts).To(Equal(built.Spec.Containers[0].VolumeMounts))

		built.Spec.Containers[0].VolumeMounts = nil
		merged, err = parsed.Apply(built)
		Expect(err).NotTo(HaveOccurred())
		Expect(merged.Spec.Containers[0].VolumeMounts).To(HaveExactElements(HaveField("Name", "ca")), "the template keeps it for the next pod")
	})

	Describe("with resources", func() {
		const defaults = `{spec: {containers: [{name: step, resources: {
			limits: {cpu: 2, memory: 4Gi, ephemeral-storage: 8Gi}, requests: {cpu: 500m, memory: 1Gi}}}]}}`

		quantities := func(list corev1.ResourceList) map[string]string {
			all := map[string]string{}
			for name, quantity := range list {
				all[string(name)] = quantity.String()
			}
			return all
		}
		list := func(cpu, memory string) corev1.ResourceList {
			all := corev1.ResourceList{}
			if cpu != "" {
				all[corev1.ResourceCPU] = resource.MustParse(cpu)
			}
			if memory != "" {
				all[corev1.ResourceMemory] = resource.MustParse(memory)
			}
			return all
		}

		DescribeTable("has the step's, else the template's",
			func(content string, step corev1.ResourceRequirements, requests, limits map[string]string) {
				built.Spec.Containers[0].Resources = step

				merged := apply(content).Spec.Containers[0].Resources

				Expect(quantities(merged.Requests)).To(Equal(requests))
				Expect(quantities(merged.Limits)).To(Equal(limits))
			},
			Entry("of a step without limits", defaults, corev1.ResourceRequirements{},
				map[string]string{"cpu": "500m", "memory": "1Gi"},
				map[string]string{"cpu": "2", "memory": "4Gi", "ephemeral-storage": "8Gi"}),
			Entry("of a step with a higher memory limit", defaults, corev1.ResourceRequirements{Limits: list("", "8Gi"), Requests: list("", "0")},
				map[string]string{"cpu": "500m", "memory": "1Gi"},
				map[string]string{"cpu": "2", "memory": "8Gi", "ephemeral-storage": "8Gi"}),
			Entry("of a step with a memory limit below the template's request", defaults, corev1.ResourceRequirements{Limits: list("", "512Mi"), Requests: list("", "0")},
				map[string]string{"cpu": "500m", "memory": "512Mi"},
				map[string]string{"cpu": "2", "memory": "512Mi", "ephemeral-storage": "8Gi"}),
			Entry("of a step with a memory limit, of a template without a request", "kind: Pod", corev1.ResourceRequirements{Limits: list("", "512Mi"), Requests: list("", "0")},
				map[string]string{"memory": "0"}, map[string]string{"memory": "512Mi"}),
		)

		DescribeTable("requests CPU for the shares that the step names, else what the template asks for, else for the default",
			func(content string, shares uint64, request string) {
				built := pod.Build(pod.Worker{CPUReservedPerShare: resource.MustParse("20u")},
					garden.ContainerSpec{Limits: garden.Limits{CPU: garden.CPULimits{Weight: shares}}}, image.Image{Reference: "busybox"}, "/run")
				parsed, err := template.Parse("pods.yaml", []byte(content))
				Expect(err).NotTo(HaveOccurred())

				merged, err := parsed.Apply(built)

				Expect(err).NotTo(HaveOccurred())
				Expect(merged.Spec.Containers[0].Resources.Requests.Cpu().String()).To(Equal(request))
			},
			Entry("the step's", defaults, uint64(2048), "41m"),
			Entry("the step's, although they are as many as of one that names none", defaults, uint64(1024), "20m"),
			Entry("the step's, but no more than the template's limit",
				"{spec: {containers: [{name: step, resources: {limits: {cpu: 30m}}}]}}", uint64(2048), "30m"),
			Entry("the template's", defaults, uint64(0), "500m"),
			Entry("the default, and not the template's limit",
				"{spec: {containers: [{name: step, resources: {limits: {cpu: 2}}}]}}", uint64(0), "20m"),
			Entry("the default", "kind: Pod", uint64(0), "20m"),
		)
	})
})
