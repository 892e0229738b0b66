package buildlog

import (
	"encoding/json"
	"fmt"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
)

// Persistent returns the build, whose events wait for the database unless the error
// is final. They wait as long as web runs, also when the build is aborted: what the
// steps print last comes after that. When web stops, its database is closed first.
// What waits then is saved by no one, and acknowledged to no worker.
func Persistent(build db.Build) db.Build {
	return &persistentBuild{build}
}

type persistentBuild struct{ db.Build }

// SaveEvent saves the event once, also where the answer to a commit got lost.
func (b *persistentBuild) SaveEvent(event atc.Event) error {
	err := b.Build.SaveEvent(event)
	if err == nil || isFinal(err) {
		return err
	}
	return untilDatabaseAnswers(func() error { return b.saveIfMissing(event) })
}

func (b *persistentBuild) saveIfMissing(event atc.Event) error {
	saved, err := b.has(event)
	if err != nil {
		return fmt.Errorf("look whether an event was saved: %w", err)
	}
	if saved {
		return nil
	}
	return b.Build.SaveEvent(event)
}

// has compares what was saved: output has its position, and most other events
// come once in a build.
func (b *persistentBuild) has(event atc.Event) (found bool, err error) {
	wanted, err := json.Marshal(event)
	if err != nil {
		return false, err
	}
	err = eachEvent(b.Build, func(saved json.RawMessage) {
		found = found || string(saved) == string(wanted)
	})
	return found, err
}
