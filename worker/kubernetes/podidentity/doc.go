// Package podidentity verifies which process on the node is the first of a pod.
//
// A process ID that was had from a pod is a claim: whoever listens on a socket may have
// been handed it by another process. The facts are the kernel's and the kubelet's.
package podidentity
