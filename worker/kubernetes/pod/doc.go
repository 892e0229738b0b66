// Package pod builds the pod of a Concourse container and explains, in words,
// what is wrong with a pod that does not start or that ended early. Its
// functions are pure: they know no API server, only the objects.
package pod
