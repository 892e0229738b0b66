package engine

import (
	"context"
	"time"

	"github.com/concourse/concourse/atc/exec"

	"github.com/concourse/concourse-kubernetes/atc/steptimeout"
)

// timedStep is a step of upstream's with a timeout that does not count the start of
// its pod: upstream's own timeout would.
type timedStep struct {
	exec.Step

	// limit is nil for a step without a timeout.
	limit *time.Duration
}

func (s timedStep) Run(ctx context.Context, state exec.RunState) (bool, error) {
	if s.limit == nil {
		return s.Step.Run(steptimeout.Unlimited(ctx), state)
	}
	ctx, leave := steptimeout.New(ctx, *s.limit)
	defer leave()
	return s.Step.Run(ctx, state)
}

// takeTimeout takes the timeout out of a step's plan, which upstream's step has none
// of then, and returns it, or the default; nil where there is neither. One that is
// not valid stays in the plan, as upstream's step has an error for it.
func takeTimeout(inPlan *string, byDefault time.Duration) *time.Duration {
	if *inPlan == "" {
		if byDefault == 0 {
			return nil
		}
		return &byDefault
	}
	limit, err := time.ParseDuration(*inPlan)
	if err != nil {
		return nil
	}
	*inPlan = ""
	return &limit
}
