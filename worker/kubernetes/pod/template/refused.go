package template

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

const (
	oneContainer   = "a step's pod has one container only, which is named " + pod.ContainerName
	ofTheNamespace = "init has to be process 1 of its container"
	whoRuns        = "the image and the step say as whom processes run"
	streams        = "processes get their streams from init"
	probes         = "a probe would end a step or hold it back"
)

// refused are the fields that Concourse has to set, or to leave alone, and why.
var refused = map[string]string{
	"status": "the kubelet writes it",

	"spec.activeDeadlineSeconds":         "a container lives on after its step; a step's timeout belongs into the pipeline",
	"spec.automountServiceAccountToken":  "steps get no token for the cluster",
	"spec.enableServiceLinks":            "steps get no variables of the namespace's services",
	"spec.ephemeralContainers":           oneContainer,
	"spec.hostNetwork":                   "steps would reach what listens on the node's loopback, and change its network if they are privileged",
	"spec.hostPID":                       ofTheNamespace,
	"spec.hostUsers":                     "Concourse's volumes belong to users of the node, not of a user namespace",
	"spec.initContainers":                oneContainer,
	"spec.nodeName":                      "the worker runs its pods on its own node",
	"spec.resources":                     "a step's container_limits above the pod's would be refused: set the resources of the container",
	"spec.restartPolicy":                 "a step that ended must not start again",
	"spec.schedulingGates":               "the worker chooses the node, so that nothing would open them",
	"spec.shareProcessNamespace":         ofTheNamespace,
	"spec.terminationGracePeriodSeconds": "init passes a pod's end on to the step's processes in a time that is known",

	"spec.securityContext.runAsGroup":   whoRuns,
	"spec.securityContext.runAsNonRoot": whoRuns,
	"spec.securityContext.runAsUser":    whoRuns,

	"spec.containers[].args":            "the container runs init",
	"spec.containers[].command":         "the container runs init",
	"spec.containers[].image":           "the step says which image runs",
	"spec.containers[].imagePullPolicy": "it depends on whether the image has a login",
	"spec.containers[].lifecycle":       "a hook would run beside the step",
	"spec.containers[].livenessProbe":   probes,
	"spec.containers[].ports":           "pods could take a port of the node from each other",
	"spec.containers[].readinessProbe":  probes,
	"spec.containers[].restartPolicy":   "a step that ended must not start again",
	"spec.containers[].startupProbe":    probes,
	"spec.containers[].stdin":           streams,
	"spec.containers[].stdinOnce":       streams,
	"spec.containers[].tty":             streams,
	"spec.containers[].workingDir":      "the step says where it runs",

	"spec.containers[].terminationMessagePath":   "init keeps a step's output out of the pod's status by writing there",
	"spec.containers[].terminationMessagePolicy": "the kubelet tells by it why init did not start",

	"spec.containers[].securityContext.allowPrivilegeEscalation": "init becomes root by its setuid bit, so as to run processes as any user",
	"spec.containers[].securityContext.privileged":               "the step says whether it is privileged",
	"spec.containers[].securityContext.readOnlyRootFilesystem":   "steps write into their image, as on every worker",
	"spec.containers[].securityContext.runAsGroup":               whoRuns,
	"spec.containers[].securityContext.runAsNonRoot":             whoRuns,
	"spec.containers[].securityContext.runAsUser":                whoRuns,
}

var (
	index         = regexp.MustCompile(`\[\d+\]`)
	metadataField = regexp.MustCompile(`^metadata\.(\w+)$`)
)

// refuse finds what can't be merged, or would break pods if it were.
func refuse(template *corev1.Pod, lines map[string]int) []problem {
	r := refusal{lines: lines}
	for path := range lines {
		if reason, ok := refused[index.ReplaceAllString(path, "[]")]; ok {
			r.add(path, reason)
		}
		if field := metadataField.FindStringSubmatch(path); field != nil && !slices.Contains([]string{"labels", "annotations"}, field[1]) {
			r.add(path, "a template's metadata has labels and annotations only")
		}
	}
	r.checkType(template)
	r.checkKeys("metadata.labels", template.Labels)
	r.checkKeys("metadata.annotations", template.Annotations)
	r.checkLabels("metadata.labels", template.Labels)
	r.checkLabels("spec.nodeSelector", template.Spec.NodeSelector)
	r.checkAnnotationKeys("metadata.annotations", template.Annotations)
	r.checkVolumes(template.Spec.Volumes)
	r.checkPullSecrets(template.Spec.ImagePullSecrets)
	for i, container := range template.Spec.Containers {
		path := fmt.Sprintf("spec.containers[%d]", i)
		r.checkContainer(path, container)
		r.checkMounts(path+".volumeMounts", container.VolumeMounts, template.Spec.Volumes)
		r.checkCapabilities(path+".securityContext.capabilities.drop", container.SecurityContext)
	}
	return r.problems
}

type refusal struct {
	lines    map[string]int
	problems []problem
}

// add refuses what is at the path, or, if that is missing, what it would be in.
func (r *refusal) add(path, reason string) {
	line, at := 0, path
	for line = r.lines[at]; line == 0 && at != ""; line = r.lines[at] {
		at = at[:max(0, strings.LastIndexAny(at, ".["))]
	}
	r.problems = append(r.problems, problem{line: line, path: path, text: reason})
}

func (r *refusal) checkType(template *corev1.Pod) {
	if template.APIVersion != "" && template.APIVersion != "v1" {
		r.add("apiVersion", fmt.Sprintf("must be v1, not %s", template.APIVersion))
	}
	if template.Kind != "" && template.Kind != "Pod" {
		r.add("kind", fmt.Sprintf("must be Pod, not %s", template.Kind))
	}
}

func (r *refusal) checkKeys(path string, all map[string]string) {
	for key := range all {
		if pod.OwnsKey(key) {
			r.add(path+"["+key+"]", "the worker finds its pods by it: choose another key")
		}
	}
}

func (r *refusal) checkVolumes(volumes []corev1.Volume) {
	for i, volume := range volumes {
		path := fmt.Sprintf("spec.volumes[%d].name", i)
		switch {
		case volume.Name == "":
			r.add(path, "a volume needs a name")
		case pod.OwnsVolumeName(volume.Name):
			r.add(path, volume.Name+" is the name of one of Concourse's volumes: choose another")
		}
	}
}

func (r *refusal) checkPullSecrets(secrets []corev1.LocalObjectReference) {
	for i, secret := range secrets {
		if secret.Name == "" {
			r.add(fmt.Sprintf("spec.imagePullSecrets[%d].name", i), "a pull secret needs a name")
		}
	}
}

func (r *refusal) checkContainer(path string, container corev1.Container) {
	if container.Name != pod.ContainerName {
		r.add(path+".name", oneContainer)
	}
	for i, variable := range container.Env {
		if pod.OwnsVariable(variable.Name) {
			r.add(fmt.Sprintf("%s.env[%d].name", path, i), "init is told by it which pod it is in: choose another name")
		}
	}
}

func (r *refusal) checkMounts(path string, mounts []corev1.VolumeMount, volumes []corev1.Volume) {
	for i, mount := range mounts {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case mount.MountPath == "":
			r.add(at+".mountPath", "a mount needs a path")
		case pod.OwnsMountPath(mount.MountPath):
			r.add(at+".mountPath", "Concourse mounts its own there: choose another path")
		}
		if !slices.ContainsFunc(volumes, func(volume corev1.Volume) bool { return volume.Name == mount.Name }) {
			r.add(at+".name", fmt.Sprintf("spec.volumes has no volume %q", mount.Name))
		}
	}
}
