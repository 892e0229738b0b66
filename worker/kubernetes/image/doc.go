// Package image is what a container's image is to the Kubernetes runtime. An [Image] is made
// once, when the container is asked for. The pod, its pull Secret, the pull policy and the
// errors read it.
package image
