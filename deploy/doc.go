// Package deploy has the manifests with which an operator installs workers, for
// the development cluster to install its own by.
package deploy

import _ "embed"

// WorkerRBAC is the service account of the workers with its rights, as YAML.
//
//go:embed rbac/worker.yaml
var WorkerRBAC []byte

// WorkerPolicies bound what that service account may create, as YAML. The
// variables before the first empty line among them are for the operator to set.
//
//go:embed policies/worker.yaml
var WorkerPolicies []byte
