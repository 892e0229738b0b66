// Package soak runs hundreds of builds on a Concourse, several at once, some of which are aborted,
// fail, or have no image, while web and the worker are killed and restarted. In the end nothing may
// be left of them, and web and the worker may not have grown.
//
// A seed makes a [Plan]: which builds run in which order, and when what is restarted. Each build is
// of a [Kind], which says how it has to end. What runs is in pipeline.yml, a job for each kind. A
// few lanes take the builds one by one; each lane has a pipeline of its own, and destroys it after
// a dozen of builds for a new one.
//
// The last builds run without restarts. During that stretch the memory of web and of the worker is
// measured, after a garbage collection of Go's: the last quarter of the stretch may not need more
// than the first.
package soak
