package buildlog

import (
	"encoding/json"
	"fmt"

	"github.com/concourse/concourse-kubernetes/worker/outputstream"
)

// output is what one process prints to a log.
type output struct {
	log       *Writer
	container string

	// known is set once it is known what an earlier web saved.
	known bool
	// written is the position after the last byte that the log was given, saved
	// the one after the last that is saved.
	written, saved int64
}

var _ outputstream.Destination = (*output)(nil)

// WriteOutput takes what it does not have yet. Its position is before that of the
// data's end while the log holds something back.
func (o *output) WriteOutput(data []byte, position int64) (taken int64, err error) {
	o.log.mu.Lock()
	defer o.log.mu.Unlock()
	if err := o.findSaved(); err != nil {
		return position, err
	}
	end := position + int64(len(data))
	if o.written < position {
		// An earlier web took what came before without saying so in its events.
		o.written, o.saved = position, position
	}
	if unseen := end - o.written; unseen > 0 {
		err = o.write(data[int64(len(data))-unseen:])
	}
	return min(o.saved, end), err
}

func (o *output) write(data []byte) error {
	text := o.log.withHeld(data)
	whole := o.log.whole(text)
	return o.save(text, whole, o.written+int64(len(data)), len(text)-whole)
}

// save saves text up to its end. The log was given the output up to a position then,
// and holds the last bytes of it back: at most the rest, which may be web's own.
func (o *output) save(text []byte, end int, written int64, rest int) error {
	saved := max(o.saved, written-int64(max(rest, 0)))
	if err := o.log.save(text, end, &savedOutput{o.container, saved}); err != nil {
		return err
	}
	o.written, o.saved = written, saved
	return nil
}

// findSaved finds out what an earlier web saved of the output.
func (o *output) findSaved() error {
	if o.known {
		return nil
	}
	var position int64
	err := untilDatabaseAnswers(func() (err error) {
		position, err = o.log.lastSaved(o.container)
		return err
	})
	if err != nil {
		return fmt.Errorf("look up how much of the output of container %s was saved: %w", o.container, err)
	}
	o.written, o.saved, o.known = position, position, true
	return nil
}

// lastSaved is 0 for a container of whose output nothing was saved.
func (w *Writer) lastSaved(container string) (position int64, err error) {
	err = eachEvent(w.build, func(saved json.RawMessage) {
		var found logged
		if json.Unmarshal(saved, &found) != nil || found.Origin != w.origin {
			return
		}
		if found.Output != nil && found.Output.Container == container {
			position = found.Output.Position
		}
	})
	return position, err
}
