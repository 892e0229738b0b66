package soak

import (
	"fmt"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/leftover"
)

// Report says how a soak went.
type Report struct {
	Plan     Plan
	Outcomes []Outcome
	Restarts []RestartDone
	// Samples are those of the stretch without restarts, Idle those after Concourse's GC.
	Samples, Idle []Sample
	// Left is what Concourse had not removed when the patience with its GC was over.
	Left leftover.Traces
	// Unmade are volumes of which there is a row in web's database alone, where upstream leaves it.
	// They are no fault.
	Unmade []string
	// BuildsTook is the time from the first build to the end of the last, CollectionTook the time
	// after that until nothing was left.
	BuildsTook, CollectionTook time.Duration
}

// Faults are a line for each thing that is not as it should be.
func (r Report) Faults() []string {
	var faults []string
	if len(r.Outcomes) != len(r.Plan.Builds) {
		faults = append(faults, fmt.Sprintf("%d of %d builds ended", len(r.Outcomes), len(r.Plan.Builds)))
	}
	for _, one := range r.Outcomes {
		if !one.IsExpected() {
			faults = append(faults, fmt.Sprintf("%s: %s instead of %s: %s", one.Name, one.Status, one.Kind.Expects, disturbance(one)))
		}
	}
	for _, name := range r.Left.Names() {
		faults = append(faults, "left: "+name)
	}
	for _, growth := range growths(r.Samples) {
		if !growth.Flat {
			faults = append(faults, fmt.Sprintf("the %s of %s grew from %d to %d", growth.Measure, growth.Daemon, growth.First, growth.Last))
		}
	}
	return faults
}
