// Package statedir is what the worker keeps of its containers on the node's disk.
//
//	<root>/<handle>/container.json   what a restarted worker has to know of the container
//	<root>/<handle>/run/<number>/    mounted into a pod: init's socket and output
//	<root>-removed/                  what is no longer needed, until there is time to remove it
//
// Each pod that is made for a container has a run directory of its own: a kubelet may start a
// pod late that it refused and that was deleted. Only run directories are mounted, so that a
// step, which may be root in its pod, can't touch what the worker believes.
//
// Nothing here is a secret.
package statedir
