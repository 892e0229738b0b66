// Package atccmd is upstream's web command with native image fetch and the
// Kubernetes worker seam woven in.
//
// Everything else in this folder is written by `make generate` from upstream's
// package of the same name (see package weave) and ignored by git.
package atccmd
