package buildlog

import (
	"context"
	"encoding/json"
	"time"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/event"
	"github.com/google/uuid"
)

// longestSilence is between two events of a build, of which there may be millions.
// Upstream's event source says nothing more when the database goes away between two
// batches.
const longestSilence = time.Minute

// eventStore is what is needed of a build.
type eventStore interface {
	SaveEvent(atc.Event) error
	Events(from uint) (db.EventSource, error)
}

// mark is an event that prints nothing. The events of a build that runs have no
// end: who reads those that there are saves a mark and reads up to it.
type mark struct {
	event.Log
	Mark string `json:"mark"`
}

// eachEvent visits the events that the build has, in their order.
func eachEvent(build eventStore, visit func(json.RawMessage)) error {
	end := mark{event.Log{Time: time.Now().Unix()}, uuid.NewString()}
	wanted, err := json.Marshal(end)
	if err != nil {
		return err
	}
	if err := build.SaveEvent(end); err != nil {
		return err
	}
	source, err := build.Events(0)
	if err != nil {
		return err
	}
	defer source.Close()

	for {
		saved, err := next(source)
		if err != nil {
			return err
		}
		if string(saved) == string(wanted) {
			return nil
		}
		visit(saved)
	}
}

// next leaves a goroutine behind, until the source is closed or for good, where
// the source says nothing.
func next(source db.EventSource) (json.RawMessage, error) {
	type answer struct {
		data json.RawMessage
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		envelope, err := source.Next()
		if err != nil || envelope.Data == nil {
			answered <- answer{err: err}
			return
		}
		answered <- answer{data: *envelope.Data}
	}()
	select {
	case a := <-answered:
		return a.data, a.err
	case <-time.After(longestSilence):
		return nil, context.DeadlineExceeded
	}
}
