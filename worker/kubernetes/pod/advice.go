package pod

import (
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

const (
	outOfMemory = "OOMKilled"

	// Reasons of a container that the runtime could not start, and of one that the
	// kubelet lost. What is said about them is the runtime's and the kubelet's.
	startError    = "StartError"
	cannotRun     = "ContainerCannotRun"
	statusUnknown = "ContainerStatusUnknown"
)

var (
	// volumeImage is how package volumeimage names its images.
	volumeImage = regexp.MustCompile(`^127\.0\.0\.1:\d+/volume@`)

	names = regexp.MustCompile(`"[^"]*"|\S*/\S*`)

	// pullProblems are looked for in this order, because a registry says "denied"
	// of a repository that may just as well not exist. Final ones don't pass,
	// queued ones do for sure.
	pullProblems = []struct {
		message *regexp.Regexp
		advice  string
		final   bool
		queued  bool
	}{
		{
			message: regexp.MustCompile(`pull QPS exceeded`),
			advice:  "the node's kubelet begins only so many pulls a second: raise its registryPullQPS and registryBurst, or run fewer steps at once",
			queued:  true,
		},
		{
			message: regexp.MustCompile(`(?i)unauthorized|authentication required|authorization failed|no basic auth credentials|denied|forbidden|\b40[13]\b`),
			advice:  "the registry refused access: add username and password to the image's source, or correct them, and check the repository's name",
			final:   true,
		},
		{
			message: regexp.MustCompile(`(?i)no match for platform|no matching manifest`),
			advice:  "the image is not there for the node's platform: push one, or run the step on another worker (tags)",
			final:   true,
		},
		{
			message: regexp.MustCompile(`(?i)not ?found|manifest unknown|name unknown|does not exist`),
			advice:  "the registry has no such image: check repository, tag and digest in the image's source",
			final:   true,
		},
		{
			message: regexp.MustCompile(`(?i)x509|certificate|server gave HTTP response to HTTPS client`),
			advice:  "the node does not trust the registry: configure its certificate (or plain HTTP) in the node's container runtime",
		},
		{
			message: regexp.MustCompile(`(?i)too ?many ?requests|rate limit|\b429\b`),
			advice:  "the registry limits pulls: log in with username and password in the image's source, or use a mirror",
		},
		{
			message: regexp.MustCompile(`(?i)no space left`),
			advice:  "the node's disk is full: free space for images",
		},
		{
			message: regexp.MustCompile(`(?i)no such host|connection refused|timeout|timed out|unreachable|reset by peer|\b50[0234]\b|EOF`),
			advice:  "the node does not reach the registry: check the registry's name, that it is up, and the node's network",
		},
	}
)

// judgePull judges a failed pull by its message. In what that quotes and in
// references words such as "denied" mean nothing.
func judgePull(failure *Failure, image string) {
	failure.Advice = "the node could not pull the image"
	message := names.ReplaceAllString(failure.Message, "")
	for _, problem := range pullProblems {
		if problem.message.MatchString(message) {
			failure.Advice, failure.Final, failure.Queued = problem.advice, problem.final, problem.queued
			break
		}
	}
	if volumeImage.MatchString(image) && !failure.Queued {
		// A worker that was restarted has no image until it was asked for it again.
		failure.Final = false
		failure.Advice = "the worker serves this image from a volume: see the worker's log, check that --kubernetes-node-network-namespace is that of its node, and run the build again"
	}
}

// endAdvice is about a pod that the kubelet, or Kubernetes in its place, failed.
func endAdvice(status corev1.PodStatus) string {
	switch reason := status.Reason; {
	case reason == evicted && isOfNode(status):
		return "the node ran short of a resource: give the step a limit, or the node more of it"
	case reason == evicted:
		return "the step took more disk than its limit: raise limits and sizes of --kubernetes-pod-template (ephemeral-storage, emptyDir)"
	case reason == "NodeAffinity" || reason == "UnexpectedAdmissionError":
		return "the node refused the pod: see the worker's pod template (node selector, affinity) and the kubelet's log"
	case isOfNode(status):
		return "the node went away: run the build again"
	case reason == "DeadlineExceeded":
		return "the cluster limits how long pods run"
	}
	return ""
}

func terminationAdvice(reason, words string) string {
	switch {
	case reason == outOfMemory:
		return "the step needs more memory than its limit: raise container_limits.memory"
	case strings.Contains(words, "exec format error"):
		return "the image or init is for another architecture than the node's"
	case strings.Contains(words, `concourse-init"`) && strings.Contains(words, "no such file or directory"):
		return "init is hidden: a link in the image leads an input, an output or a cache of the step over /.concourse"
	case strings.Contains(words, `concourse-init"`) && strings.Contains(words, "permission denied"), strings.HasPrefix(words, "concourse-init: "):
		return "init can't work on this node: mount the file system of the worker's work dir writable, without noexec and nosuid, and let containers use it (SELinux, AppArmor)"
	case reason == statusUnknown:
		return "the node lost track of the container, as after a restart: run the build again"
	case reason == startError || reason == cannotRun:
		return "the node's container runtime could not start it: check that the image is for the node's architecture"
	}
	return ""
}
