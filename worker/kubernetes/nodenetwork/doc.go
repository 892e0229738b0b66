// Package nodenetwork is the way of a worker into its node's network namespace.
//
// The worker may run in a namespace of its own, so that nobody on the node reaches
// what it listens at there. Two things must be in the node's: the listener from
// which the node pulls images of volumes, and the cut of a hermetic pod, whose
// interface has its other end there.
//
// The node's namespace is that of process 1, which the worker sees where it shares
// the process namespace of the node (in a pod: hostPID), unless the operator names
// another file of it.
package nodenetwork
