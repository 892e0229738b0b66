package pod

import (
	"maps"
	"regexp"
	"strings"

	"code.cloudfoundry.org/garden"
	"golang.org/x/net/idna"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/concourse/concourse-kubernetes/worker/contract"
)

const (
	managedByLabel = "app.kubernetes.io/managed-by"
	managedBy      = "concourse"

	prefix    = "concourse-ci.org/"
	workerKey = prefix + "worker"
	handleKey = prefix + "handle"
	nodeKey   = prefix + "node"
)

var propertyKeys = map[string]string{
	contract.Team:     prefix + "team",
	contract.Pipeline: prefix + "pipeline",

	contract.InstanceVars: prefix + "instance-vars",

	contract.Job:     prefix + "job",
	contract.Build:   prefix + "build",
	contract.Step:    prefix + "step",
	contract.Type:    prefix + "type",
	contract.Attempt: prefix + "attempt",
}

var notInLabel = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// Labels are those of everything that belongs to a container: for people to
// select by. Values are cut and cleaned to what a label may hold, and in Punycode
// (RFC 3492) if they are not in ASCII; [Annotations] have more of them.
func Labels(worker, handle string, properties garden.Properties) map[string]string {
	all := map[string]string{managedByLabel: managedBy}
	for key, value := range Annotations(worker, handle, properties) {
		if value = labelValue(value); value != "" {
			all[key] = value
		}
	}
	return all
}

// Annotations say to which container of which worker something belongs. Worker and
// handle are whole, as pods are found by them; of the others a long one is cut.
func Annotations(worker, handle string, properties garden.Properties) map[string]string {
	all := map[string]string{workerKey: worker, handleKey: handle}
	for name, key := range propertyKeys {
		if value := properties[name]; value != "" {
			all[key] = contract.Cut(value)
		}
	}
	return all
}

// SecretAnnotations are those of the pod's pull secret: the pod's own, and which
// node the pod is on. A policy keeps the workers of other nodes away by that.
func SecretAnnotations(of *corev1.Pod) map[string]string {
	all := map[string]string{nodeKey: of.Spec.NodeName}
	maps.Copy(all, of.Annotations)
	return all
}

// Selector selects the pods of a worker, and those of workers whose name is
// the same label: ask [BelongsTo].
func Selector(worker string) string {
	return labels.Set{managedByLabel: managedBy, workerKey: labelValue(worker)}.String()
}

// BelongsTo says whether a pod is this worker's, on this node.
func BelongsTo(pod *corev1.Pod, worker Worker) bool {
	return pod.Annotations[workerKey] == worker.Name && pod.Spec.NodeName == worker.NodeName
}

// Handle is the handle of the container that a pod is.
func Handle(pod *corev1.Pod) string {
	return pod.Annotations[handleKey]
}

// HasOwnName says whether a pod has the name that the worker gives it. A copy of the pod that a
// person makes has its labels and annotations, and another name.
func HasOwnName(pod *corev1.Pod) bool {
	properties := garden.Properties{}
	for name, key := range propertyKeys {
		properties[name] = pod.Annotations[key]
	}
	return pod.Name == Name(Handle(pod), properties)
}

// maxWork is the most of a name, in bytes, that is looked at. A pipeline may give a
// step one of a megabyte.
const maxWork = 4 * maxLength

func labelValue(text string) string {
	text = contract.Start(text, maxWork)
	if ascii, err := idna.Punycode.ToASCII(text); err == nil {
		text = ascii
	}
	text = notInLabel.ReplaceAllString(text, "-")
	text = strings.TrimLeft(text, "-_.")
	return strings.TrimRight(text[:min(len(text), maxLength)], "-_.")
}
