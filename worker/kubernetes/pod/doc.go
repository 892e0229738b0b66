// Package pod builds the pod of a Concourse container and explains, in words,
// what is wrong with a pod that does not start or that ended early. Its
// functions know no API server, only the objects; and they are pure, but for the
// part of init's path that [Build] makes up.
package pod
