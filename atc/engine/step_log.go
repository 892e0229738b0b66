package engine

import (
	"errors"
	"io"

	"code.cloudfoundry.org/clock"
	"code.cloudfoundry.org/lager/v3"
	"github.com/concourse/concourse-kubernetes/atc/buildlog"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/event"
	"github.com/concourse/concourse/atc/exec"
)

// stepLog is what a step prints. Upstream's writers are for text of web's own: a
// write of theirs that failed can't be repeated.
type stepLog struct {
	stdout, stderr *buildlog.Writer
}

func newStepLog(build db.Build, planID atc.PlanID, state exec.RunState, clock clock.Clock) stepLog {
	writer := func(source event.OriginSource) *buildlog.Writer {
		return buildlog.NewWriter(build, event.Origin{ID: event.OriginID(planID), Source: source}, clock, redactedSecrets{state})
	}
	return stepLog{stdout: writer(event.OriginSourceStdout), stderr: writer(event.OriginSourceStderr)}
}

func (l stepLog) Stdout() io.Writer { return l.stdout }

func (l stepLog) Stderr() io.Writer { return l.stderr }

// flush saves what waits for more to come.
func (l stepLog) flush(logger lager.Logger) {
	if err := errors.Join(l.stdout.Close(), l.stderr.Close()); err != nil {
		logger.Error("failed-to-save-last-output", err)
	}
}

// openLogs are the logs of the delegates that were made for one step.
type openLogs struct{ logs []stepLog }

func (o *openLogs) add(log stepLog) { o.logs = append(o.logs, log) }

func (o *openLogs) flush(logger lager.Logger) {
	for _, log := range o.logs {
		log.flush(logger)
	}
}

// redactedSecrets are those that a build's steps have read so far, if the operator
// has them redacted.
type redactedSecrets struct{ state exec.RunState }

func (s redactedSecrets) Each(visit func(value string)) {
	if s.state.RedactionEnabled() {
		s.state.IterateInterpolatedCreds(visitor(visit))
	}
}

type visitor func(value string)

func (v visitor) YieldCred(_, value string) { v(value) }
