// Package podnetwork cuts a pod off from the network, for hermetic steps.
//
// It does so from the outside, so that a privileged step can't undo it, and
// without the help of the cluster's network plugin: network policies are not
// enforced everywhere. The pod keeps its interface, so programs in it see a
// network that does not answer rather than none, as on upstream's containerd
// worker.
package podnetwork
