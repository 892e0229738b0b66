package concourse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/concourse/concourse-kubernetes/deploy"
)

const (
	// WorkerServiceAccount is that of the workers, in Namespace.
	WorkerServiceAccount = "concourse-worker"
	// OperatorSecret is the pull secret that the workers' policy lets every pod
	// name.
	OperatorSecret = "operator-login"
)

// grantWorkers does what an operator does before workers start: it applies their
// service account, role and policies. In a cluster of the user's it applies
// nothing: what a real installation has there may have the same names, and the
// workers have the user's own rights.
func (c *Concourse) grantWorkers(ctx context.Context) error {
	if c.Cluster.IsExternal() {
		return nil
	}
	policies, err := c.WorkerPolicies(nil)
	if err != nil {
		return err
	}
	rights, err := Manifests(deploy.WorkerRBAC)
	if err != nil {
		return fmt.Errorf("deploy/rbac/worker.yaml: %w", err)
	}
	return c.Apply(ctx, append(rights, policies...)...)
}

// WorkerPolicies are the policies of deploy/, set to the workers of this
// Concourse. The variables, CEL expressions by name, override what they are set to.
func (c *Concourse) WorkerPolicies(variables map[string]string) ([]*unstructured.Unstructured, error) {
	var workDirs []string
	for _, w := range c.workers() {
		workDirs = append(workDirs, "'"+c.workDir(w)+"'")
	}
	set := map[string]string{
		"workDirs": "[" + strings.Join(workDirs, ", ") + "]",
		"secrets":  "['" + OperatorSecret + "']",
	}
	for name, expression := range variables {
		set[name] = expression
	}
	policies, err := Manifests(deploy.WorkerPolicies)
	if err != nil {
		return nil, fmt.Errorf("deploy/policies/worker.yaml: %w", err)
	}
	for name, expression := range set {
		if !setVariable(policies, name, expression) {
			return nil, fmt.Errorf("deploy/policies/worker.yaml has no variable %s", name)
		}
	}
	return policies, nil
}

// setVariable says whether a policy has the variable.
func setVariable(policies []*unstructured.Unstructured, name, expression string) bool {
	for _, policy := range policies {
		variables, _, _ := unstructured.NestedSlice(policy.Object, "spec", "variables")
		for _, variable := range variables {
			if of := variable.(map[string]any); of["name"] == name {
				of["expression"] = expression
				return unstructured.SetNestedSlice(policy.Object, variables, "spec", "variables") == nil
			}
		}
	}
	return false
}

// Manifests are the objects of a YAML file.
func Manifests(file []byte) ([]*unstructured.Unstructured, error) {
	documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(file), 4096)
	var all []*unstructured.Unstructured
	for {
		object := &unstructured.Unstructured{}
		err := documents.Decode(object)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, object)
	}
}

// Apply does what kubectl apply does, as the cluster's administrator.
func (c *Concourse) Apply(ctx context.Context, objects ...*unstructured.Unstructured) error {
	list := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "v1", "kind": "List"}}
	for _, object := range objects {
		list.Items = append(list.Items, *object)
	}
	manifests, err := list.MarshalJSON()
	if err != nil {
		return fmt.Errorf("write manifests: %w", err)
	}
	apply := exec.CommandContext(ctx, c.Cluster.Kubectl(), "--kubeconfig", c.Cluster.Kubeconfig(), "apply", "--server-side", "-f", "-")
	apply.Stdin = bytes.NewReader(manifests)
	if output, err := apply.CombinedOutput(); err != nil {
		return fmt.Errorf("kubectl apply: %w: %s", err, output)
	}
	return nil
}
