// Package kubernetes is a Garden backend whose containers are pods on the
// worker's own node. Concourse's worker serves it to the ATC in place of the
// backend for containerd.
//
// A container is a pod, maybe a pull Secret that the pod owns, and a directory
// on the node:
//
//	<StateDir>/<handle>/container.json   properties and what a restarted worker has to know
//	<StateDir>/<handle>/run/<number>/    mounted into one of its pods: init's socket and output
//
// What is no longer needed goes to <StateDir>-removed/, and from there when there
// is time. Only run/<number>/ is mounted, so that a step, which may be root in its pod, can't
// touch what the worker believes. PID 1 of the pod is concourse-init (package
// podinit), which runs the processes; nothing goes through kubectl exec.
//
// What phases a container has, and what may be asked of it in each, is the matter of package
// lifecycle. A restarted worker finds its containers again by their records, goes on with them,
// and removes the pods that have no record.
//
// Pods make room for each other. A node refuses a pod that it has no room for. The worker then
// removes pods in which nothing runs any more, and tries again. Where there are none the step
// waits, and its log says what for.
//
// A container's environment may hold secrets. It is in the worker's memory only
// and goes to init with each process. After a restart of the worker it is gone,
// unless the container's creation is asked for again: attaching to running
// processes works, a hijacked shell has the image's environment alone, and a
// step's process that was not started yet is refused.
//
// An image that is a directory in a volume is pulled by the node like any other,
// from this worker (package volumeimage).
//
// A hermetic container is cut off from the network (packages podidentity and
// podnetwork).
//
// What a pod says is a claim: processes that it does not end in time end with it.
//
// Not done: other networks (NetIn, NetOut), streaming files in and out, disk
// and bandwidth limits, metrics.
package kubernetes
