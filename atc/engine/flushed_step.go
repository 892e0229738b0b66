package engine

import (
	"context"

	"code.cloudfoundry.org/lager/v3/lagerctx"
	"github.com/concourse/concourse/atc/exec"
)

// flushedStep saves the last line of a step, where it has no end, before the error
// with which the step ended is shown: upstream shows that through a delegate of its
// own. A delegate of ours saves the line before the events that it saves itself.
type flushedStep struct {
	exec.Step
	logs *openLogs
}

func (s flushedStep) Run(ctx context.Context, state exec.RunState) (bool, error) {
	defer s.logs.flush(lagerctx.FromContext(ctx))
	return s.Step.Run(ctx, state)
}
