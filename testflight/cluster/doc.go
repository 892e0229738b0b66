// Package cluster starts and ends a development cluster on a plain Debian
// machine: a Kubernetes with one node, a registry without and one with a login,
// and a PostgreSQL, without a container engine or virtual machine below it.
//
// Its programs are Debian's, and Kubernetes built from its Go module (the nested
// module kubernetes). Each part is a service of package supervise: it outlives the program
// that started it, and Up keeps those that are alive. What is done to the machine for them
// is package host's.
//
// Everything is kept below one state directory, on ports, devices and addresses
// of its own (layout.go), beside whatever else the machine runs. Three things
// lie elsewhere because their programs have the place built in: shim sockets in
// /run/containerd/s, log links in /var/log/containers, and the kubelet's device
// plugin socket in /var/lib/kubelet/device-plugins. The last one is taken from
// another kubelet of the machine, so don't run both where device plugins matter.
//
// Left out: kube-proxy (Service addresses lead nowhere, the API server is reached
// by the node address), cluster DNS, and masquerading (pods reach the node and
// each other, nothing outside).
package cluster
