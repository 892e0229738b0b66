package buildlog

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/db/dbfakes"
	"github.com/concourse/concourse/atc/event"
	. "github.com/onsi/gomega"
)

// fakeBuild keeps events as the database does: as JSON.
type fakeBuild struct {
	*dbfakes.FakeBuild
	saved []json.RawMessage

	// failures are what saving an event returns, one after the other, nil for
	// success. An event is saved all the same with errLostAnswer.
	failures []error
}

var errLostAnswer = errors.New("the answer got lost")

func newFakeBuild() *fakeBuild {
	b := &fakeBuild{FakeBuild: new(dbfakes.FakeBuild)}
	b.SaveEventStub = b.save
	b.EventsStub = func(uint) (db.EventSource, error) {
		read, source := 0, new(dbfakes.FakeEventSource)
		source.NextStub = func() (event.Envelope, error) {
			if read == len(b.saved) {
				select {} // a build that runs
			}
			read++
			return event.Envelope{Data: &b.saved[read-1]}, nil
		}
		return source, nil
	}
	return b
}

func (b *fakeBuild) save(saved atc.Event) error {
	encoded, err := json.Marshal(saved)
	Expect(err).NotTo(HaveOccurred())
	if len(b.failures) > 0 {
		failure := b.failures[0]
		b.failures = b.failures[1:]
		if failure == errLostAnswer {
			b.saved = append(b.saved, encoded)
			return errConnection
		}
		if failure != nil {
			return failure
		}
	}
	b.saved = append(b.saved, encoded)
	return nil
}

// log is what a reader sees who knows upstream's events only.
func (b *fakeBuild) log() string {
	var log strings.Builder
	for _, saved := range b.saved {
		var one event.Log
		Expect(json.Unmarshal(saved, &one)).To(Succeed())
		log.WriteString(one.Payload)
	}
	return log.String()
}
