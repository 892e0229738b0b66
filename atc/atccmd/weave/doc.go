// Package weave puts the seams of the Kubernetes runtime into upstream's
// composition root.
//
// Upstream builds its engine and its worker pool in private methods of
// atccmd.RunCommand, where no interface reaches. This package rewrites a
// handful of named places in the syntax tree of upstream's source and leaves
// every other line as it is. Each Rewrite must find its place exactly once, so
// that a move to another upstream either works or says by name where it does
// not.
package weave
