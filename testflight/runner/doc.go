// Package runner runs a suite of Ginkgo specs in several processes, with Ginkgo's
// own runner, and sums up how that went.
package runner
