// Command concourse is upstream's program with our web and worker commands.
//
// Everything else in this folder is written by `make generate` from upstream's
// package of the same name (see package weave) and ignored by git.
package main
