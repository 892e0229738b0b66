package workercmd

import (
	"fmt"
	"os"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod/template"
)

// podTemplate reads the operator's template. It is nil without one.
func (f KubernetesFlags) podTemplate() (*template.Template, error) {
	if f.PodTemplate == "" {
		return nil, nil
	}
	content, err := os.ReadFile(f.PodTemplate.Path())
	if err != nil {
		return nil, fmt.Errorf("--kubernetes-pod-template: %w", err)
	}
	parsed, err := template.Parse(f.PodTemplate.Path(), content)
	if err != nil {
		return nil, fmt.Errorf("--kubernetes-pod-template:\n%w", err)
	}
	return parsed, nil
}
