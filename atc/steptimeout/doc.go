// Package steptimeout limits the time of a step, but for what its pod takes to
// start.
//
// Upstream's steps begin to count their timeout before they ask for the container.
// The documentation of their plans (atc.TaskPlan and so on) promises that the
// fetching of the image is no part of it. On a Kubernetes worker a kubelet fetches
// the image while the pod starts.
//
// So a step gets its context from here. Its clock stands until the step asks its
// worker for a container, and again while the pod starts.
package steptimeout
