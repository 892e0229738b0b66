package kubernetes

import (
	"os"
	"time"
)

// BlockRenames has state stay where it is until letGo.
func (b *Backend) BlockRenames() (letGo func()) {
	held := make(chan struct{})
	b.rename = func(from, to string) error {
		<-held
		return os.Rename(from, to)
	}
	return func() { close(held) }
}

// WaitForSecondPulls makes the backend wait for them as long as a spec may take.
func (b *Backend) WaitForSecondPulls() { b.patience.secondPull = time.Hour }

// Hurry makes the backend give up after a moment, for specs of just that.
func (b *Backend) Hurry() {
	b.patience.pullProblem = 200 * time.Millisecond
	b.patience.secondPull = 200 * time.Millisecond
	b.patience.drain = 100 * time.Millisecond
	b.patience.endReason = 200 * time.Millisecond
	b.patience.room = pauses{20 * time.Millisecond, 50 * time.Millisecond}
	b.patience.outage = pauses{20 * time.Millisecond, 50 * time.Millisecond}
	b.patience.lastOutput = 200 * time.Millisecond
	b.patience.removal = 500 * time.Millisecond
}
