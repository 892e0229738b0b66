package podinit

import (
	"math"
	"sync"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/internal/protocol"
)

// Delivered are the positions in a process' output up to which clients have it.
// One below zero is not known.
type Delivered struct{ Stdout, Stderr int64 }

func (d *Delivered) of(kind protocol.Kind) *int64 {
	if kind == protocol.Stdout {
		return &d.Stdout
	}
	return &d.Stderr
}

// progress is how far an attachment has come. It keeps Delivered true, whatever the pod
// says: output comes without a gap, and begins where clients know it to.
type progress struct {
	mu        sync.Mutex
	delivered *Delivered
	next      map[protocol.Kind]int64 // without an entry before the first piece
	writing   protocol.Kind           // zero if nothing is being written
	abandoned bool

	// seen is how others see whether something is being written.
	seen *Writing
}

func newProgress(delivered *Delivered, seen *Writing) *progress {
	if delivered == nil {
		delivered = &Delivered{Stdout: -1, Stderr: -1}
	}
	if seen == nil {
		seen = &Writing{}
	}
	return &progress{delivered: delivered, next: map[protocol.Kind]int64{}, seen: seen}
}

// begin is called before a piece of output is written. It refuses a piece that can't be.
func (p *progress) begin(frame protocol.Frame) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.abandoned {
		return errLeft
	}
	if len(frame.Data) == 0 {
		return violation("output of 0 bytes came")
	}
	if !p.expects(frame) {
		return violation("output came that begins at byte %d, which is not the next", frame.Offset)
	}
	p.next[frame.Kind] = frame.Offset + int64(len(frame.Data))
	p.writing = frame.Kind
	p.seen.Begin()
	return nil
}

// expects is about the first piece as well: init may begin before what clients have,
// since it gives some output to each anew, but never after that.
func (p *progress) expects(frame protocol.Frame) bool {
	if frame.Offset < 0 || frame.Offset > math.MaxInt64-protocol.MaxData {
		return false
	}
	if next, begun := p.next[frame.Kind]; begun {
		return frame.Offset == next
	}
	has := *p.delivered.of(frame.Kind)
	return has < 0 || frame.Offset <= has
}

// end takes note of the position up to which the client has the output for good.
func (p *progress) end(taken int64) (abandoned bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.abandoned {
		*p.delivered.of(p.writing) = taken
	}
	p.writing = 0
	p.seen.End()
	return p.abandoned
}

// abandon stops to take note. Whether a piece that is being written arrives is not known.
func (p *progress) abandon() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.abandoned = true
	if p.writing != 0 {
		*p.delivered.of(p.writing) = -1
	}
}
