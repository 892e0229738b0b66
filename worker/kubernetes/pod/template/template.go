package template

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// Template is a partial Pod that all pods of a worker have in common. Nil is
// the template that changes nothing.
type Template struct {
	pod corev1.Pod
}

// problem is what is wrong on a line of the file.
type problem struct {
	line int
	path string
	text string
}

// Parse reads a template: one YAML document, a Pod whose fields are all known to
// Kubernetes and none of which Concourse has to set itself. apiVersion and kind
// may be left out.
//
// An error has a line for each problem, which begins with FILE:LINE. A few YAML
// errors, such as a control character, have no line number.
func Parse(file string, content []byte) (*Template, error) {
	root, err := document(content)
	if err != nil {
		return nil, fmt.Errorf("%s%w", file, err)
	}

	fields := newFields(root)
	if len(fields.problems) > 0 {
		return nil, inFile(file, fields.problems)
	}
	var template Template
	if err := yaml.UnmarshalStrict(content, &template.pod); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if problems := refuse(&template.pod, fields.lines); len(problems) > 0 {
		return nil, inFile(file, problems)
	}
	return &template, nil
}

// inFile lists problems in the order of their lines.
func inFile(file string, problems []problem) error {
	slices.SortStableFunc(problems, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.path, b.path))
	})
	var all []error
	for _, p := range problems {
		all = append(all, fmt.Errorf("%s:%d: %s: %s", file, p.line, p.path, p.text))
	}
	return errors.Join(all...)
}
