// Package contract is what web and a Kubernetes worker agree on beyond Garden's
// protocol.
//
// That protocol carries a container's specification, its properties, and of an error
// only its text. So the images of containers are URLs in the specification, what else
// the two tell each other are properties, and what web has to tell apart of the
// worker's errors is in their words. Web must not import the runtime: nothing below
// atc leads to worker/kubernetes, which a spec of this package checks.
package contract
