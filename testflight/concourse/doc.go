// Package concourse runs this module's Concourse, a web node and a Kubernetes
// worker, on a development cluster, and drives it through fly.
package concourse
