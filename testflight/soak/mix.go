package soak

import "github.com/concourse/concourse/atc"

// Kind is a kind of builds.
type Kind struct {
	// Name is also that of its job in pipeline.yml, or of the resource that it checks.
	Name string
	// Share is how many of a hundred builds are of this kind.
	Share int
	// Expects is how such a build has to end.
	Expects atc.BuildStatus
	// Meddling is what is done to the build.
	Meddling Meddling
}

// Meddling is what is done to a build from outside.
type Meddling string

const (
	// LeaveAlone is for a build of a job that ends by itself.
	LeaveAlone Meddling = ""
	// Check is for a build that is the check of a resource.
	Check Meddling = "check"
	// AbortRunning aborts the build once its step says that it runs.
	AbortRunning Meddling = "abort running"
	// AbortAnyTime aborts the build at a moment of its start that the plan names.
	AbortAnyTime Meddling = "abort any time"
	// Hijack runs a process in the container of the build's step, which makes the step end.
	Hijack Meddling = "hijack"
)

// Mix are all kinds. Their shares add up to a hundred.
var Mix = []Kind{
	{Name: "task", Share: 9, Expects: atc.StatusSucceeded},
	{Name: "outputs", Share: 9, Expects: atc.StatusSucceeded},
	{Name: "caches", Share: 8, Expects: atc.StatusSucceeded},
	{Name: "image-of-step", Share: 7, Expects: atc.StatusSucceeded},
	{Name: "hermetic", Share: 6, Expects: atc.StatusSucceeded},
	{Name: "private-image", Share: 7, Expects: atc.StatusSucceeded},
	{Name: "custom-type", Share: 9, Expects: atc.StatusSucceeded},
	{Name: "failure", Share: 8, Expects: atc.StatusFailed},
	{Name: "timeout", Share: 6, Expects: atc.StatusFailed},
	{Name: "abort", Share: 8, Expects: atc.StatusAborted, Meddling: AbortRunning},
	{Name: "abort-at-any-time", Share: 6, Expects: atc.StatusAborted, Meddling: AbortAnyTime},
	{Name: "no-such-tag", Share: 3, Expects: atc.StatusErrored},
	{Name: "no-such-digest", Share: 3, Expects: atc.StatusErrored},
	{Name: "hijack", Share: 5, Expects: atc.StatusSucceeded, Meddling: Hijack},
	{Name: "check", Share: 3, Expects: atc.StatusSucceeded, Meddling: Check},
	{Name: "failing-check", Share: 3, Expects: atc.StatusFailed, Meddling: Check},
}

// counts shares out a number of builds among the kinds. What the shares leave over goes to the
// kinds that are furthest from their share.
func counts(builds int, mix []Kind) []int {
	given := make([]int, len(mix))
	left := builds
	for i, kind := range mix {
		given[i] = builds * kind.Share / 100
		left -= given[i]
	}
	for ; left > 0; left-- {
		furthest := 0
		for i, kind := range mix {
			if builds*kind.Share-100*given[i] > builds*mix[furthest].Share-100*given[furthest] {
				furthest = i
			}
		}
		given[furthest]++
	}
	return given
}
