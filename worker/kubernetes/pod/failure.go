package pod

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/contract"
)

// Failure is why a pod does not start.
type Failure struct {
	// Reason is Kubernetes' word for it, such as ErrImagePull.
	Reason string

	// Message is what Kubernetes says about it.
	Message string

	// Advice is what the reader can do. It may be empty.
	Advice string

	// Final is false for a failure that Kubernetes retries and that may pass.
	Final bool

	// Queued is true for one that says no more than that others come first.
	Queued bool
}

func (f *Failure) Error() string {
	var said []string
	for _, part := range []string{f.Reason, f.Message, f.Advice} {
		if part = strings.TrimSpace(part); part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, ": ")
}

// IsOfPull says whether it is the pull of the image that failed. Web reads that in
// the text of an error that the failure is a part of, see package contract.
func (f *Failure) IsOfPull() bool { return contract.IsPullReason(f.Reason) }

const backOff = "ImagePullBackOff"

// IsBackOff says whether it is no failure of its own, but the wait after one.
func (f *Failure) IsBackOff() bool {
	return f.Reason == backOff
}

// IsOutOfMemory says whether the kernel ended the container for want of memory.
func (f *Failure) IsOutOfMemory() bool {
	return f.Reason == outOfMemory
}

// StartFailure says why a pod whose init has not answered yet will not start,
// or may not. It is nil as long as nothing is wrong.
func StartFailure(pod *corev1.Pod) *Failure {
	if failure := endReason(pod, lastWords); failure != nil {
		return failure
	}
	if waiting := containerState(pod).Waiting; waiting != nil {
		return waitingFailure(waiting, imageOf(pod))
	}
	return unschedulable(pod)
}

// EndReason says why a pod ended or is about to: evicted, out of memory,
// deleted, its container gone. It is nil for a pod that lives. A step may have run
// in it, so that it does not quote what the container may have left to be said.
func EndReason(pod *corev1.Pod) *Failure {
	return endReason(pod, runtimesWords)
}

func endReason(pod *corev1.Pod, words func(*corev1.ContainerStateTerminated) string) *Failure {
	terminated := containerState(pod).Terminated
	switch {
	case pod.Status.Reason != "" && pod.Status.Phase == corev1.PodFailed:
		return endedFailure(pod.Status)
	case terminated != nil:
		return terminatedFailure(terminated, words(terminated))
	case pod.DeletionTimestamp != nil:
		return &Failure{Reason: "Deleted", Message: "the pod was deleted" + disruption(pod), Final: true}
	case pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded:
		return &Failure{Reason: string(pod.Status.Phase), Message: pod.Status.Message, Final: true}
	}
	return nil
}

func endedFailure(status corev1.PodStatus) *Failure {
	failure := &Failure{Reason: status.Reason, Message: status.Message, Advice: endAdvice(status), Final: true}
	if strings.HasPrefix(failure.Reason, outOf) {
		failure.Advice = failure.roomAdvice()
	}
	return failure
}

// disruption adds to a message why Kubernetes deletes a pod.
func disruption(pod *corev1.Pod) string {
	target := disruptionTarget(pod)
	if target == nil {
		return ""
	}
	return ": " + target.Reason + ": " + target.Message
}

// Ended says whether nothing runs in the pod any more.
func Ended(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodFailed ||
		pod.Status.Phase == corev1.PodSucceeded ||
		containerState(pod).Terminated != nil
}

// containerCreating is the kubelet's reason for a container that waits for all that it takes,
// the pull of its image included.
const containerCreating = "ContainerCreating"

// Progress describes how far a pod has come, for the report of one that took
// too long.
func Progress(pod *corev1.Pod) string {
	parts := []string{"pod is " + string(pod.Status.Phase)}
	if pod.Status.Phase == "" {
		parts = []string{"the kubelet has not seen the pod"}
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Status == corev1.ConditionFalse && condition.Message != "" && !isOfContainers(condition.Type) {
			parts = append(parts, fmt.Sprintf("%s is false (%s)", condition.Type, condition.Message))
		}
	}
	switch state := containerState(pod); {
	case state.Waiting != nil && state.Waiting.Reason == containerCreating:
		parts = append(parts, "the kubelet prepares the container, and may be pulling its image ("+containerCreating+")")
	case state.Waiting != nil:
		parts = append(parts, strings.TrimSuffix("container waits: "+state.Waiting.Reason+": "+state.Waiting.Message, ": "))
	case state.Running != nil:
		parts = append(parts, "container runs, but init does not answer")
	}
	return strings.Join(parts, ", ")
}

// isOfContainers tells the conditions that say of the container what its own state says better.
func isOfContainers(condition corev1.PodConditionType) bool {
	return condition == corev1.PodReady || condition == corev1.ContainersReady
}

func waitingFailure(waiting *corev1.ContainerStateWaiting, image string) *Failure {
	failure := &Failure{Reason: waiting.Reason, Message: waiting.Message}
	switch waiting.Reason {
	case "ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError":
		judgePull(failure, image)
	case "InvalidImageName":
		failure.Advice, failure.Final = "correct the repository, tag or digest in the image's source", true
	case "ErrImageNeverPull":
		failure.Advice, failure.Final = "the pod may not pull; an admission policy of the cluster changed its pull policy", true
	case "SignatureValidationFailed":
		failure.Advice, failure.Final = "the node's policy refuses images without a valid signature: sign the image", true
	case "CreateContainerConfigError":
		failure.Advice, failure.Final = "the kubelet could not prepare the container: see the message and the worker's configuration", true
	case "CreateContainerError", "RunContainerError":
		failure.Advice, failure.Final = "the node's container runtime refused it: check that the image is for the node's architecture and the node's runtime log", true
	default:
		return nil
	}
	return failure
}

// lastWords are the runtime's, or init's own: before init answers nothing else has
// run in the container.
func lastWords(terminated *corev1.ContainerStateTerminated) string {
	return terminated.Message
}

// runtimesWords are about a container that did not start or was lost. About any
// other, what ran in it may have written them.
func runtimesWords(terminated *corev1.ContainerStateTerminated) string {
	if slices.Contains([]string{startError, cannotRun, statusUnknown}, terminated.Reason) {
		return terminated.Message
	}
	return ""
}

func terminatedFailure(terminated *corev1.ContainerStateTerminated, words string) *Failure {
	message := fmt.Sprintf("container ended with exit code %d", terminated.ExitCode)
	if terminated.Signal != 0 {
		message = fmt.Sprintf("container was ended by signal %d", terminated.Signal)
	}
	if words != "" {
		message += ": " + strings.TrimSpace(words)
	}
	return &Failure{
		Reason:  terminated.Reason,
		Message: message,
		Advice:  terminationAdvice(terminated.Reason, words),
		Final:   true,
	}
}

// unschedulable is for clusters that take the node name of a pod away.
func unschedulable(pod *corev1.Pod) *Failure {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse {
			return &Failure{Reason: condition.Reason, Message: condition.Message,
				Advice: "steps run on their worker's own node: check that nothing changes the pods' nodeName"}
		}
	}
	return nil
}

// imageOf is that of the pod's only container.
func imageOf(pod *corev1.Pod) string {
	if len(pod.Spec.Containers) == 0 {
		return ""
	}
	return pod.Spec.Containers[0].Image
}

func containerState(pod *corev1.Pod) corev1.ContainerState {
	for _, status := range pod.Status.ContainerStatuses {
		if status.Name == ContainerName {
			return status.State
		}
	}
	return corev1.ContainerState{}
}
