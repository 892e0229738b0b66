package worker

import (
	"regexp"
	"time"

	"code.cloudfoundry.org/clock"
	"github.com/concourse/concourse/atc/runtime"
)

// StartProgress is implemented by the delegate of a step that can say in the build
// log what the start of the step's container waits for.
type StartProgress interface {
	// StillStarting is told for how long the step has waited for its pod so far, and
	// what the worker says of that, which may be nothing. It is told now and then.
	StillStarting(waited time.Duration, waiting string)
}

const (
	// saidAtFirst is the time after which a start is worth a line, and the time
	// between lines that say different things.
	saidAtFirst = 15 * time.Second

	// saidAgain is the time between lines that say the same.
	saidAgain = time.Minute
)

// startLog chooses what the build log says of a start.
type startLog struct {
	clock    clock.Clock
	progress StartProgress // nil where the delegate has no log for it

	began, said time.Time
	kind        string
}

func newStartLog(clock clock.Clock, delegate runtime.BuildStepDelegate) *startLog {
	progress, _ := delegate.(StartProgress)
	now := clock.Now()
	return &startLog{clock: clock, progress: progress, began: now, said: now}
}

// stillStarting is told each time that the worker says what it waits for.
func (l *startLog) stillStarting(waiting string) {
	if l.progress == nil {
		return
	}
	now := l.clock.Now()
	if kind := kindOf(waiting); l.isDue(now, kind) {
		l.said, l.kind = now, kind
		l.progress.StillStarting(now.Sub(l.began), waiting)
	}
}

func (l *startLog) isDue(now time.Time, kind string) bool {
	isFirst := l.said.Equal(l.began)
	if isFirst || kind != l.kind {
		return now.Sub(l.said) >= saidAtFirst
	}
	return now.Sub(l.said) >= saidAgain
}

// amounts are what changes all the time in what a worker says: 3 of 4 CPUs.
var amounts = regexp.MustCompile(`\d+`)

func kindOf(waiting string) string { return amounts.ReplaceAllString(waiting, "0") }
