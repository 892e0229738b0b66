package pod_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

func waiting(reason, message string) *corev1.Pod {
	return withState(corev1.PodPending, corev1.ContainerState{
		Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message},
	})
}

func terminated(state corev1.ContainerStateTerminated) *corev1.Pod {
	return withState(corev1.PodFailed, corev1.ContainerState{Terminated: &state})
}

func withState(phase corev1.PodPhase, state corev1.ContainerState) *corev1.Pod {
	return &corev1.Pod{Status: corev1.PodStatus{
		Phase:             phase,
		ContainerStatuses: []corev1.ContainerStatus{{Name: "step", State: state}},
	}}
}

func failed(reason, message string) *corev1.Pod {
	return &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodFailed, Reason: reason, Message: message}}
}

var _ = Describe("why a pod does not start", func() {
	const pull = `failed to pull and unpack image "registry/denied/401:1": failed to resolve reference "registry/denied/401:1": `

	DescribeTable("is explained",
		func(broken *corev1.Pod, final bool, said, advice string) {
			failure := pod.StartFailure(broken)

			Expect(failure).NotTo(BeNil())
			Expect(failure.Final).To(Equal(final))
			Expect(failure.Error()).To(HavePrefix(said))
			Expect(failure.Advice).To(ContainSubstring(advice))
		},
		Entry("invalid image name", waiting("InvalidImageName", "couldn't parse image"), true,
			"InvalidImageName: couldn't parse image", "correct the repository"),
		Entry("image that may not be pulled", waiting("ErrImageNeverPull", "not present with pull policy of Never"), true,
			"ErrImageNeverPull: not present", "admission policy"),
		Entry("unsigned image", waiting("SignatureValidationFailed", "no signature"), true,
			"SignatureValidationFailed: no signature", "sign the image"),
		Entry("configuration", waiting("CreateContainerConfigError", `secret "x" not found`), true,
			`CreateContainerConfigError: secret "x" not found`, "kubelet could not prepare"),
		Entry("container refused", waiting("CreateContainerError", "mkdir: read-only"), true,
			"CreateContainerError: mkdir", "container runtime refused"),
		Entry("container not run", waiting("RunContainerError", "runc: exec format error"), true,
			"RunContainerError: runc", "architecture"),

		Entry("no such tag", waiting("ErrImagePull", pull+"registry/denied/401:1: not found"), true,
			"ErrImagePull: failed to pull", "no such image"),
		Entry("no such tag, later", waiting("ImagePullBackOff", `Back-off pulling image "a": ErrImagePull: manifest unknown`), true,
			"ImagePullBackOff: Back-off", "no such image"),
		Entry("401", waiting("ErrImagePull", pull+"unexpected status from HEAD request: 401 Unauthorized"), true,
			"ErrImagePull: failed to pull", "add username and password"),
		Entry("403", waiting("ErrImagePull", pull+"unexpected status: 403"), true,
			"ErrImagePull: failed to pull", "add username and password"),
		Entry("denied", waiting("ErrImagePull", pull+"pull access denied, repository does not exist or may require authorization"), true,
			"ErrImagePull: failed to pull", "add username and password"),
		Entry("other platform", waiting("ErrImagePull", "no match for platform in manifest: not found"), true,
			"ErrImagePull: no match", "node's platform"),
		Entry("registry down, with words in its name", waiting("ErrImagePull", pull+"dial tcp 10.0.0.1:5000: connect: connection refused"), false,
			"ErrImagePull: failed to pull", "does not reach the registry"),
		Entry("time-out", waiting("ErrImagePull", pull+"i/o timeout"), false,
			"ErrImagePull: failed to pull", "does not reach the registry"),
		Entry("registry in trouble", waiting("RegistryUnavailable", "503 Service Unavailable"), false,
			"RegistryUnavailable: 503", "does not reach the registry"),
		Entry("certificate", waiting("ErrImagePull", pull+"x509: certificate signed by unknown authority"), false,
			"ErrImagePull: failed to pull", "does not trust the registry"),
		Entry("rate limit", waiting("ErrImagePull", pull+"429 Too Many Requests"), false,
			"ErrImagePull: failed to pull", "limits pulls"),
		Entry("disk full", waiting("ErrImagePull", "write /x: no space left on device"), false,
			"ErrImagePull: write", "disk is full"),
		Entry("unexplained pull problem", waiting("ImagePullBackOff", `Back-off pulling image "a"`), false,
			"ImagePullBackOff: Back-off", "could not pull"),

		Entry("evicted", failed("Evicted", "The node was low on resource: memory."), true,
			"Evicted: The node was low on resource: memory.", "ran short"),
		Entry("evicted for its own limit", failed("Evicted", "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. "), true,
			"Evicted: Pod ephemeral", "more disk than its limit"),
		Entry("no CPU left", failed("OutOfcpu", "Node didn't have enough resource: cpu"), true,
			"OutOfcpu: Node", "the node is full"),
		Entry("no pod left", failed("OutOfpods", "Node didn't have enough resource: pods"), true,
			"OutOfpods: Node", "the node is full"),
		Entry("node affinity", failed("NodeAffinity", "Pod was rejected"), true,
			"NodeAffinity: Pod was rejected", "refused the pod"),
		Entry("node gone", failed("NodeShutdown", "shutting down"), true,
			"NodeShutdown: shutting down", "run the build again"),
		Entry("deadline", failed("DeadlineExceeded", "active too long"), true,
			"DeadlineExceeded: active", "limits how long"),
		Entry("failed without a word", failed("", ""), true, "Failed", ""),

		Entry("exec format error", terminated(corev1.ContainerStateTerminated{
			Reason: "StartError", ExitCode: 128, Message: "exec /.concourse/bin/concourse-init: exec format error",
		}), true, "StartError: container ended with exit code 128: exec", "another architecture"),
		Entry("a file system that runs no programs", terminated(corev1.ContainerStateTerminated{
			Reason: "StartError", ExitCode: 128, Message: `exec: "/.concourse/bin-x/concourse-init": permission denied: unknown`,
		}), true, "StartError: container ended with exit code 128: exec", "noexec"),
		Entry("a mount over init", terminated(corev1.ContainerStateTerminated{
			Reason: "StartError", ExitCode: 128, Message: `exec: "/.concourse/bin-x/concourse-init": stat /.concourse/bin-x/concourse-init: no such file or directory: unknown`,
		}), true, "StartError: container ended with exit code 128: exec", "over /.concourse"),
		Entry("start error", terminated(corev1.ContainerStateTerminated{Reason: "StartError", ExitCode: 128, Message: "runc failed"}), true,
			"StartError: container ended with exit code 128: runc failed", "architecture"),
		Entry("out of memory", terminated(corev1.ContainerStateTerminated{Reason: "OOMKilled", ExitCode: 137}), true,
			"OOMKilled: container ended with exit code 137", "container_limits.memory"),
		Entry("signal", terminated(corev1.ContainerStateTerminated{Reason: "Error", Signal: 11}), true,
			"Error: container was ended by signal 11", ""),
		Entry("node restarted", terminated(corev1.ContainerStateTerminated{Reason: "ContainerStatusUnknown", ExitCode: 137}), true,
			"ContainerStatusUnknown: container", "run the build again"),
		Entry("init ended", withState(corev1.PodSucceeded, corev1.ContainerState{
			Terminated: &corev1.ContainerStateTerminated{Reason: "Completed"},
		}), true, "Completed: container ended with exit code 0", ""),

		Entry("deleted", &corev1.Pod{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: new(metav1.Now())}}, true,
			"Deleted: the pod was deleted", ""),
		Entry("drained", &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: new(metav1.Now())},
			Status: corev1.PodStatus{Conditions: []corev1.PodCondition{
				{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: "EvictionByEvictionAPI", Message: "Eviction API: evicting"},
			}},
		}, true, "Deleted: the pod was deleted: EvictionByEvictionAPI: Eviction API: evicting", ""),
		Entry("unschedulable", &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodPending, Conditions: []corev1.PodCondition{
			{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/1 nodes are available"},
		}}}, false, "Unschedulable: 0/1 nodes are available", "own node"),
	)

	Describe("of a container that ended with words of its own", func() {
		ended := terminated(corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 1, Message: "concourse-init: bind: permission denied\n"})

		It("quotes them until init answers: they are init's", func() {
			Expect(pod.StartFailure(ended)).To(MatchError(And(
				ContainSubstring("exit code 1: concourse-init: bind: permission denied"),
				ContainSubstring("without noexec and nosuid"),
			)))
		})

		It("does not quote them after that: they may be a step's", func() {
			Expect(pod.EndReason(ended)).To(MatchError("Error: container ended with exit code 1"))
		})
	})

	DescribeTable("is nothing",
		func(well *corev1.Pod) {
			Expect(pod.StartFailure(well)).To(BeNil())
			Expect(pod.EndReason(well)).To(BeNil())
			Expect(pod.Ended(well)).To(BeFalse())
		},
		Entry("for a new pod", &corev1.Pod{}),
		Entry("while the container is made", waiting("ContainerCreating", "")),
		Entry("while it runs", withState(corev1.PodRunning, corev1.ContainerState{Running: &corev1.ContainerStateRunning{}})),
	)

	It("never is final for the image of a volume, which a restarted worker serves again after a while", func() {
		broken := waiting("ErrImagePull", "127.0.0.1:7790/volume@sha256:0: not found")
		broken.Spec.Containers = []corev1.Container{{Image: "127.0.0.1:7790/volume@sha256:0"}}
		Expect(pod.StartFailure(broken).Final).To(BeFalse())
		broken.Spec.Containers[0].Image = "registry/volume@sha256:0"
		Expect(pod.StartFailure(broken).Final).To(BeTrue())
	})

	DescribeTable("is told apart from a place in a queue",
		func(broken *corev1.Pod, queued bool) {
			Expect(pod.StartFailure(broken).Queued).To(Equal(queued))
			Expect(pod.StartFailure(broken).Final).To(BeFalse())
		},
		Entry("of pulls", waiting("ErrImagePull", "pull QPS exceeded"), true),
		Entry("of pulls, later", waiting("ImagePullBackOff", `Back-off pulling image "a": ErrImagePull: pull QPS exceeded`), true),
		Entry("which a registry in trouble is not", waiting("ErrImagePull", "429 Too Many Requests"), false),
	)

	It("leaves out of an ended pod's reason what only keeps pods from starting", func() {
		Expect(pod.EndReason(waiting("ErrImagePull", "not found"))).To(BeNil())
		Expect(pod.Ended(failed("Evicted", ""))).To(BeTrue())
	})
})

var _ = Describe("the progress of a pod", func() {
	DescribeTable("is described", func(slow *corev1.Pod, said string) {
		Expect(pod.Progress(slow)).To(Equal(said))
	},
		Entry("new", &corev1.Pod{}, "the kubelet has not seen the pod"),
		Entry("being made", waiting("ContainerCreating", ""), "pod is Pending, the kubelet prepares the container, and may be pulling its image (ContainerCreating)"),
		Entry("running", withState(corev1.PodRunning, corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}),
			"pod is Running, container runs, but init does not answer"),
		Entry("with a condition", &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodPending, Conditions: []corev1.PodCondition{
			{Type: corev1.PodReady, Status: corev1.ConditionFalse, Message: "containers with unready status: [step]"},
			{Type: corev1.PodReadyToStartContainers, Status: corev1.ConditionFalse, Message: "no network"},
		}}}, "pod is Pending, PodReadyToStartContainers is false (no network)"),
	)
})

var _ = Describe("a failure to start", func() {
	DescribeTable("tells others, through their errors, whether it is one of the pull",
		func(reason string, expected bool) {
			failure := &pod.Failure{Reason: reason, Message: "of some image"}
			Expect(contract.TellsOfFailedPull(fmt.Errorf("start pod: %w", failure))).To(Equal(expected))
			Expect(failure.IsOfPull()).To(Equal(expected))
		},
		Entry(nil, "ErrImagePull", true),
		Entry(nil, "ImagePullBackOff", true),
		Entry(nil, "RegistryUnavailable", true),
		Entry(nil, "OutOfcpu", false),
		Entry(nil, "CreateContainerError", false),
	)
})
