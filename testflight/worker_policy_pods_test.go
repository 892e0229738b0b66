package testflight_test

import (
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

var _ = Describe("the token of a worker, for pods", Ordered, ContinueOnFailure, func() {
	var n boundedNamespace
	BeforeAll(func(ctx SpecContext) { n = newBoundedNamespace(ctx) })

	// expectRefused has the worker try to create a pod that differs from a step's.
	expectRefused := func(ctx SpecContext, change func(*corev1.Pod), rule string) {
		GinkgoHelper()
		desired := n.stepPod()
		change(desired)
		_, err := n.worker.CoreV1().Pods(n.name).Create(ctx, desired, dryRun)
		Expect(err).To(MatchError(ContainSubstring(rule)))
	}
	withVolume := func(source corev1.VolumeSource) func(*corev1.Pod) {
		return func(pod *corev1.Pod) {
			pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: "more", VolumeSource: source})
		}
	}
	withHostPath := func(path string) func(*corev1.Pod) {
		return withVolume(corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: path}})
	}

	DescribeTable("lets it create pods of steps",
		func(ctx SpecContext, change func(*corev1.Pod)) {
			desired := n.stepPod()
			change(desired)
			_, err := n.worker.CoreV1().Pods(n.name).Create(ctx, desired, dryRun)
			Expect(err).NotTo(HaveOccurred())
		},
		Entry("as it builds them", func(*corev1.Pod) {}),
		Entry("that are not the first of their container", func(pod *corev1.Pod) {
			withHostPath(workDir("containers", "some-handle", "run", "12"))(pod)
		}),
		Entry("that are privileged", func(pod *corev1.Pod) { pod.Spec.Containers[0].SecurityContext.Privileged = new(true) }),
		Entry("with logins of their own and of the operator's", func(pod *corev1.Pod) {
			pod.Spec.ImagePullSecrets = []corev1.LocalObjectReference{{Name: pod.Name}, {Name: concourse.OperatorSecret}}
		}),
		Entry("with what a template brings that is not secret", func(pod *corev1.Pod) {
			pod.Labels["cost-centre"] = "ci"
			withVolume(corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: "company-ca"}}})(pod)
			pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: "cache", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}})
		}),
	)

	DescribeTable("creates no pod", expectRefused,
		Entry("on another node", func(pod *corev1.Pod) { pod.Spec.NodeName = "concourse-testflight-2" }, ownNodeOnly),
		Entry("on a node that the scheduler chooses", func(pod *corev1.Pod) { pod.Spec.NodeName = "" }, ownNodeOnly),
		Entry("that network policies take for another's", func(pod *corev1.Pod) { delete(pod.Labels, "app.kubernetes.io/managed-by") }, labelled),

		Entry("in the node's network", func(pod *corev1.Pod) { pod.Spec.HostNetwork = true }, noHostNamespaces),
		Entry("among the node's processes", func(pod *corev1.Pod) { pod.Spec.HostPID = true }, noHostNamespaces),
		Entry("with the node's shared memory", func(pod *corev1.Pod) { pod.Spec.HostIPC = true }, noHostNamespaces),
		Entry("at a port of the node", func(pod *corev1.Pod) {
			pod.Spec.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: 80, HostPort: 8080}}
		}, noHostPorts),

		Entry("with another's service account", func(pod *corev1.Pod) { pod.Spec.ServiceAccountName = anotherServiceAccount }, noServiceAccount),
		Entry("with a token", func(pod *corev1.Pod) {
			pod.Spec.AutomountServiceAccountToken = new(true)
			// A mount there is what keeps the API server from adding a volume with the token.
			withVolume(corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}})(pod)
			pod.Spec.Containers[0].VolumeMounts = append(pod.Spec.Containers[0].VolumeMounts,
				corev1.VolumeMount{Name: "more", MountPath: "/var/run/secrets/kubernetes.io/serviceaccount"})
		}, noServiceAccount),
		Entry("with a token that the API server adds", func(pod *corev1.Pod) { pod.Spec.AutomountServiceAccountToken = nil }, kindsOfVolumes),

		Entry("with an init container", func(pod *corev1.Pod) {
			pod.Spec.InitContainers = []corev1.Container{{Name: "init", Image: "busybox"}}
		}, oneContainer),
		Entry("with a second container", func(pod *corev1.Pod) {
			pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: "second", Image: "busybox"})
		}, oneContainer),
	)

	DescribeTable("mounts no path of the node but Concourse's own",
		func(ctx SpecContext, path func() string, rule string) { expectRefused(ctx, withHostPath(path()), rule) },
		Entry("the root", func() string { return "/" }, ownHostPaths),
		Entry("the kubelet's files", func() string { return "/var/lib/kubelet/pods" }, ownHostPaths),
		Entry("the work dir", func() string { return workDir() }, ownHostPaths),
		Entry("the state of another container", func() string { return workDir("containers", "other") }, ownHostPaths),
		Entry("all volumes", func() string { return workDir("volumes", "live") }, ownHostPaths),
		Entry("what a step has put into a volume, perhaps a link",
			func() string { return workDir("volumes", "live", "some-volume", "volume", "link") }, ownHostPaths),
		Entry("the run directories of all pods of a container",
			func() string { return workDir("containers", "some-handle", "run") }, ownHostPaths),
		Entry("what a step has put into its run directory",
			func() string { return workDir("containers", "some-handle", "run", "1", "link") }, ownHostPaths),
		Entry("what has no number beside the run directories",
			func() string { return workDir("containers", "some-handle", "run", "1x") }, ownHostPaths),
		Entry("a folder whose name begins as the work dir's",
			func() string { return filepath.Join(workDir()+"-of-another", "init") }, ownHostPaths),
		// Of this the API server has a rule of its own, which comes first.
		Entry("a way out of the work dir", func() string { return workDir("volumes", "live") + "/../../../../etc" }, "must not contain '..'"),
	)

	DescribeTable("mounts no volume of a kind that brings more", func(ctx SpecContext, source corev1.VolumeSource) {
		expectRefused(ctx, withVolume(source), kindsOfVolumes)
	},
		Entry("a token", corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
			{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token"}},
		}}}),
		Entry("a Secret among others", corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
			{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "other"}}},
		}}}),
		Entry("another's claim", corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "other"}}),
		Entry("a file server", corev1.VolumeSource{NFS: &corev1.NFSVolumeSource{Server: "files.example", Path: "/"}}),
		Entry("a driver", corev1.VolumeSource{CSI: &corev1.CSIVolumeSource{Driver: "secrets-store.csi.k8s.io"}}),
	)

	DescribeTable("names no Secret of another", func(ctx SpecContext, change func(*corev1.Pod)) {
		expectRefused(ctx, change, noSecrets)
	},
		Entry("as a volume", withVolume(corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "other"}})),
		Entry("as a variable", func(pod *corev1.Pod) {
			pod.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "A", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
				Key: "a", LocalObjectReference: corev1.LocalObjectReference{Name: "other"},
			}}}}
		}),
		Entry("as variables", func(pod *corev1.Pod) {
			pod.Spec.Containers[0].EnvFrom = []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{
				LocalObjectReference: corev1.LocalObjectReference{Name: "other"},
			}}}
		}),
		Entry("as a login", func(pod *corev1.Pod) {
			pod.Spec.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "other"}}
		}),
	)

	It("is of no use without a node", func(ctx SpecContext) {
		_, err := clientOf(ctx, concourse.Namespace, concourse.WorkerServiceAccount, "").CoreV1().Pods(n.name).Create(ctx, n.stepPod(), dryRun)
		Expect(err).To(MatchError(ContainSubstring(tokenNamesNoNode)))
	})

	It("starts nothing privileged where the policy allows no privileged steps", func(ctx SpecContext) {
		policies, err := runs.WorkerPolicies(map[string]string{"privileged": "false"})
		Expect(err).NotTo(HaveOccurred())
		policy, binding := policies[0], policies[1]
		for _, object := range []interface{ SetName(string) }{policy, binding} {
			object.SetName(n.name)
		}
		policy.Object["spec"].(map[string]any)["matchConstraints"].(map[string]any)["namespaceSelector"] = map[string]any{
			"matchLabels": map[string]any{corev1.LabelMetadataName: n.name},
		}
		binding.Object["spec"].(map[string]any)["policyName"] = n.name
		Expect(runs.Apply(ctx, policy, binding)).To(Succeed())
		of := n.admin.AdmissionregistrationV1()
		DeferCleanup(of.ValidatingAdmissionPolicies().Delete, n.name, metav1.DeleteOptions{})
		DeferCleanup(of.ValidatingAdmissionPolicyBindings().Delete, n.name, metav1.DeleteOptions{})

		for _, change := range []func(*corev1.SecurityContext){
			func(of *corev1.SecurityContext) { of.Privileged = new(true) },
			func(of *corev1.SecurityContext) {
				of.Capabilities = &corev1.Capabilities{Add: []corev1.Capability{"SYS_ADMIN"}}
			},
		} {
			desired := n.stepPod()
			change(desired.Spec.Containers[0].SecurityContext)
			Eventually(ctx, func() error { // the API server takes a moment to know a policy
				_, err := n.worker.CoreV1().Pods(n.name).Create(ctx, desired, dryRun)
				return err
			}).Should(MatchError(ContainSubstring(noPrivilege)))
		}
		_, err = n.worker.CoreV1().Pods(n.name).Create(ctx, n.stepPod(), dryRun)
		Expect(err).NotTo(HaveOccurred())
	})
})
