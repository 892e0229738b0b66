package kubernetes

import (
	"os"
	"path/filepath"
	"sync"
	"time"
)

// BlockRenames has state stay where it is until letGo.
func (b *Backend) BlockRenames() (letGo func()) {
	held := make(chan struct{})
	b.states.Rename = func(from, to string) error {
		<-held
		return os.Rename(from, to)
	}
	return func() { close(held) }
}

// BlockRecords has writes of the record of a container wait until letGo, and fail then.
func (b *Backend) BlockRecords(handle string, err error) (letGo func()) {
	held := make(chan struct{})
	write, blocked := b.states.Write, b.find(handle).state.Dir()
	b.states.Write = func(file string, content []byte) error {
		if filepath.Dir(file) != blocked {
			return write(file, content)
		}
		<-held
		return err
	}
	return func() { close(held) }
}

// HoldRecords has the next write of the record of a container close writing, and wait until letGo.
func (b *Backend) HoldRecords(handle string) (writing <-chan struct{}, letGo func()) {
	reached, held := make(chan struct{}), make(chan struct{})
	write, blocked := b.states.Write, b.find(handle).state.Dir()
	var once sync.Once
	b.states.Write = func(file string, content []byte) error {
		if filepath.Dir(file) == blocked {
			once.Do(func() { close(reached) })
			<-held
		}
		return write(file, content)
	}
	return reached, func() { close(held) }
}

// BlockPrivateRepositories has writes of their file wait until letGo.
func (b *Backend) BlockPrivateRepositories() (letGo func()) {
	held := make(chan struct{})
	b.private.Write = func(string, []byte) error {
		<-held
		return nil
	}
	return func() { close(held) }
}

// AgeDestroyed has it be longer ago that unknown containers were to be destroyed. It returns the
// handles that are still remembered.
func (b *Backend) AgeDestroyed(by time.Duration) (remembered []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for handle, at := range b.destroyed {
		b.destroyed[handle] = at.Add(-by)
		remembered = append(remembered, handle)
	}
	return remembered
}

// Overtaken is how long a request to create a container may be on its way.
const Overtaken = overtaken

// HasSeenPodGo says whether the watch has told that the pod of a container is gone.
func (b *Backend) HasSeenPodGo(handle string) bool {
	container := b.find(handle)
	if container == nil {
		return false
	}
	seen, _ := container.pod.See()
	return seen.Gone
}

// IsBeingRemoved says whether a container goes.
func (b *Backend) IsBeingRemoved(handle string) bool {
	container := b.find(handle)
	return container != nil && container.life.Phase().IsBeingRemoved()
}

// BePatient has removals take as long as they do for users.
func (b *Backend) BePatient() { b.patience.removal = defaultPatience.removal }

// WaitForSecondPulls makes the backend wait for them as long as a spec may take.
func (b *Backend) WaitForSecondPulls() { b.patience.secondPull = time.Hour }

// Hurry makes the backend give up after a moment, for specs of just that.
func (b *Backend) Hurry() {
	b.patience.pullProblem = 200 * time.Millisecond
	b.patience.secondPull = 200 * time.Millisecond
	b.patience.drain = 100 * time.Millisecond
	b.patience.endReason = 200 * time.Millisecond
	b.patience.room = backoff(20*time.Millisecond, 50*time.Millisecond)
	b.api.Outage = backoff(20*time.Millisecond, 50*time.Millisecond)
	b.patience.idle = 0
	b.patience.weight = 100 * time.Millisecond
	b.patience.look = 10 * time.Millisecond
	b.patience.lastOutput = 200 * time.Millisecond
	b.patience.removal = 500 * time.Millisecond
}
