package buildlog

import (
	"fmt"
	"slices"
	"sync"

	"code.cloudfoundry.org/clock"
	"github.com/concourse/concourse/atc/event"

	"github.com/concourse/concourse-kubernetes/worker/outputstream"
)

// Writer saves what is written to it as the log of one origin. It holds back the
// beginning of a character and, where there are secrets, of a line, until the rest
// comes or Close is called.
type Writer struct {
	build   eventStore
	origin  event.Origin
	clock   clock.Clock
	secrets Secrets

	mu   sync.Mutex
	held []byte
	// output is that of the last process whose output came, if there was one.
	output *output
}

var _ outputstream.Log = (*Writer)(nil)

// NewWriter returns a writer that redacts secrets.
func NewWriter(build eventStore, origin event.Origin, clock clock.Clock, secrets Secrets) *Writer {
	return &Writer{build: build, origin: origin, clock: clock, secrets: secrets}
}

// logged is a log event that may have output of a process.
type logged struct {
	event.Log
	Output *savedOutput `json:"output,omitempty"`
}

// savedOutput is up to which position the output of a container's process is saved.
type savedOutput struct {
	Container string `json:"container"`
	Position  int64  `json:"position"`
}

// Write saves text of web's own, with what was held back before it. A write that fails
// may be repeated.
func (w *Writer) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.withHeld(text)
	whole := w.whole(all)
	if err := w.saveOwn(all, whole, len(all)-whole-len(text)); err != nil {
		return 0, err
	}
	return len(text), nil
}

// Close saves what was held back.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.saveOwn(w.held, len(w.held), 0)
}

// saveOwn saves text up to its end of which nothing is new but what web itself wrote.
// The rest, if above zero, is how many of the bytes that were held back are so still.
func (w *Writer) saveOwn(text []byte, end, rest int) error {
	if w.output == nil || !w.output.known {
		return w.save(text, end, nil)
	}
	return w.output.save(text, end, w.output.written, rest)
}

// OutputOf returns what saves the output of a container's process.
func (w *Writer) OutputOf(container string, attached bool) outputstream.Destination {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !attached || w.output == nil || w.output.container != container {
		w.output = &output{log: w, container: container, known: !attached}
	}
	return w.output
}

func (w *Writer) withHeld(text []byte) []byte {
	return slices.Concat(w.held, text)
}

// whole returns how much of the text need not wait for what comes after it.
func (w *Writer) whole(text []byte) int {
	return wholeLines(text, lines(w.secrets))
}

// save saves the text up to its end and holds the rest back. If it fails, all is
// as it was.
func (w *Writer) save(text []byte, end int, output *savedOutput) error {
	if end > 0 {
		if err := w.build.SaveEvent(w.event(string(text[:end]), output)); err != nil {
			return fmt.Errorf("save what the step printed: %w", err)
		}
	}
	w.held = text[end:]
	return nil
}

func (w *Writer) event(text string, output *savedOutput) logged {
	payload := redact(text, lines(w.secrets))
	return logged{event.Log{Time: w.clock.Now().Unix(), Origin: w.origin, Payload: payload}, output}
}
