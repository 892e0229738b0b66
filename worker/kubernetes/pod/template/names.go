package template

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// checkLabels refuses what the API server would refuse in labels, and in what
// selects by them: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/.
func (r *refusal) checkLabels(path string, labels map[string]string) {
	for key, value := range labels {
		at := path + "[" + key + "]"
		r.checkKey(at, key)
		for _, reason := range validation.IsValidLabelValue(value) {
			r.add(at, fmt.Sprintf("Kubernetes refuses the value %q: %s", value, reason))
		}
	}
}

// checkAnnotationKeys is for keys, which may be in capitals, other than those of
// labels. A value may be anything.
func (r *refusal) checkAnnotationKeys(path string, annotations map[string]string) {
	for key := range annotations {
		r.checkKey(path+"["+key+"]", strings.ToLower(key))
	}
}

func (r *refusal) checkKey(at, key string) {
	for _, reason := range validation.IsQualifiedName(key) {
		r.add(at, "Kubernetes refuses this key: "+reason)
	}
}
