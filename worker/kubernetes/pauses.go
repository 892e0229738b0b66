package kubernetes

import "time"

// pauses are the times between tries: each is twice the one before, up to the
// longest.
type pauses struct{ next, longest time.Duration }

func (p *pauses) take() time.Duration {
	taken := p.next
	p.next = min(2*p.next, p.longest)
	return taken
}
