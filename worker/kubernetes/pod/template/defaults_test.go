package template_test

import (
	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/image"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod/template"
)

var _ = Describe("what a step may do on its node", func() {
	// securityOf returns what the pod and its container may do.
	securityOf := func(privileged bool, content string) (*corev1.PodSecurityContext, *corev1.SecurityContext) {
		GinkgoHelper()
		parsed, err := template.Parse("pods.yaml", []byte(content))
		Expect(err).NotTo(HaveOccurred())
		merged, err := parsed.Apply(pod.Build(pod.Worker{}, garden.ContainerSpec{Handle: "a", Privileged: privileged}, image.Image{Reference: "a"}, "/run"))
		Expect(err).NotTo(HaveOccurred())
		return merged.Spec.SecurityContext, merged.Spec.Containers[0].SecurityContext
	}
	ofContainer := func(security string) string {
		return "spec: {containers: [{name: step, securityContext: {" + security + "}}]}"
	}

	It("is bounded by the runtime's seccomp profile, and it makes no device files", func() {
		pod, step := securityOf(false, "kind: Pod")
		Expect(pod.SeccompProfile).To(Equal(&corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}))
		Expect(step.Capabilities).To(Equal(&corev1.Capabilities{Drop: []corev1.Capability{"MKNOD"}}))
	})

	It("is what the template alone says of a privileged one", func() {
		pod, step := securityOf(true, "kind: Pod")
		Expect(pod).To(BeNil())
		Expect(step.Capabilities).To(BeNil())
		pod, step = securityOf(true, ofContainer("capabilities: {drop: [NET_RAW]}"))
		Expect(pod).To(BeNil())
		Expect(step.Capabilities.Drop).To(ConsistOf(corev1.Capability("NET_RAW")))
	})

	It("has the seccomp profile that the template gives to the pod", func() {
		pod, _ := securityOf(false, "spec: {securityContext: {seccompProfile: {type: Localhost, localhostProfile: ci.json}}}")
		Expect(pod.SeccompProfile).To(Equal(&corev1.SeccompProfile{Type: corev1.SeccompProfileTypeLocalhost, LocalhostProfile: new("ci.json")}))
		pod, _ = securityOf(false, "spec: {securityContext: {fsGroup: 7, seccompProfile: {type: Unconfined}}}")
		Expect(pod.SeccompProfile).To(Equal(&corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}))
		Expect(pod.FSGroup).To(HaveValue(BeEquivalentTo(7)))
	})

	It("keeps the default profile where the template sets something else of the pod", func() {
		pod, _ := securityOf(false, "spec: {securityContext: {supplementalGroups: [7]}}")
		Expect(pod.SeccompProfile).To(HaveField("Type", corev1.SeccompProfileTypeRuntimeDefault))
		Expect(pod.SupplementalGroups).To(ConsistOf(BeEquivalentTo(7)))
	})

	It("has the seccomp profile that the template gives to the container, which goes before the pod's", func() {
		_, step := securityOf(false, ofContainer("seccompProfile: {type: Unconfined}"))
		Expect(step.SeccompProfile).To(Equal(&corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}))
	})

	DescribeTable("drops the capabilities that the template drops, and MKNOD but where the template adds it",
		func(capabilities string, added, dropped []corev1.Capability) {
			_, step := securityOf(false, ofContainer("capabilities: {"+capabilities+"}"))
			Expect(step.Capabilities.Add).To(Equal(added))
			Expect(step.Capabilities.Drop).To(Equal(dropped))
		},
		Entry(nil, "drop: [NET_RAW]", nil, []corev1.Capability{"NET_RAW", "MKNOD"}),
		Entry(nil, "drop: [cap_mknod]", nil, []corev1.Capability{"cap_mknod"}),
		Entry(nil, "add: [SYS_PTRACE]", []corev1.Capability{"SYS_PTRACE"}, []corev1.Capability{"MKNOD"}),
		Entry(nil, "add: [CAP_MKNOD], drop: [NET_RAW]", []corev1.Capability{"CAP_MKNOD"}, []corev1.Capability{"NET_RAW"}),
		Entry(nil, "add: [MKNOD]", []corev1.Capability{"MKNOD"}, nil),
		Entry(nil, "add: [ALL]", []corev1.Capability{"ALL"}, nil),
	)
})
