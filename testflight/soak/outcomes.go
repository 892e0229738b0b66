package soak

import (
	"slices"
	"sync"

	"github.com/concourse/concourse/atc"
)

// outcomes are those of the builds that have ended.
type outcomes struct {
	mutex sync.Mutex
	list  []Outcome
}

// add returns how many there are now.
func (o *outcomes) add(one Outcome) int {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.list = append(o.list, one)
	return len(o.list)
}

func (o *outcomes) all() []Outcome {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return slices.Clone(o.list)
}

// IsExpected says whether the build ended as its kind says. Concourse never runs a check again
// whose worker was restarted meanwhile, but checks anew later.
func (o Outcome) IsExpected() bool {
	return o.Status == o.Kind.Expects ||
		o.Kind.Meddling == Check && o.Disturbed && o.Status == atc.StatusErrored
}

// note tells of a build that has ended.
func (s *session) note(one Outcome) {
	ended := s.outcomes.add(one)
	if one.IsExpected() {
		s.printf("%4d/%d %-9s %5.1fs %s\n", ended, len(s.Plan.Builds), one.Status, one.Took.Seconds(), one.Name)
		return
	}
	s.printf("%4d/%d %s instead of %s after %.1fs: %s (%s)\n%s\n", ended, len(s.Plan.Builds),
		one.Status, one.Kind.Expects, one.Took.Seconds(), one.Name, disturbance(one), one.Log)
}

func disturbance(of Outcome) string {
	if of.Disturbed {
		return "web or the worker was restarted meanwhile"
	}
	return "nothing was restarted meanwhile"
}
