package volumeimage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"code.cloudfoundry.org/lager/v3"
)

// grace is how long a volume is still read for an image that nobody waits for any
// more. Who gave up on a large one, because its step took too long to start, comes
// again: a check after a minute, a person who starts the build once more after a
// few. Then half of the work should not be for nothing; but a sparse file of some
// terabytes, which nobody comes for, must not keep a core busy for hours.
const grace = 5 * time.Minute

var (
	errAbandoned = errors.New("nobody waits for it any more")
	errRemoved   = errors.New("the volume was removed while it was read")
)

// making is the reading of a volume, for all who wait for its image.
type making struct {
	cancel context.CancelCauseFunc

	// waiting and abandoned, which runs while nobody waits, are guarded by the
	// mutex of Images.
	waiting   int
	abandoned *time.Timer

	// done is closed when image and err are set.
	done  chan struct{}
	image *image
	err   error
}

// join waits for a tree's image along with all others, of whom it may be the first.
// Who joins has to leave.
func (i *Images) join(of tree) *making {
	i.mu.Lock()
	defer i.mu.Unlock()
	m := i.making[of]
	if m == nil {
		ctx, cancel := context.WithCancelCause(context.Background())
		m = &making{cancel: cancel, done: make(chan struct{})}
		i.making[of] = m
		go i.finish(ctx, of, m)
	}
	m.waiting++
	if m.abandoned != nil {
		m.abandoned.Stop()
	}
	return m
}

func (i *Images) leave(of tree, m *making) {
	i.mu.Lock()
	defer i.mu.Unlock()
	m.waiting--
	if m.waiting == 0 && i.making[of] == m { // it is not done
		m.abandoned = time.AfterFunc(i.grace, func() { i.abandon(of, m) })
	}
}

// abandon ends the reading, unless someone joined in the last moment. Who comes
// later starts another.
func (i *Images) abandon(of tree, m *making) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if m.waiting > 0 {
		return
	}
	m.cancel(errAbandoned)
	i.unregister(of, m)
}

func (i *Images) finish(ctx context.Context, of tree, m *making) {
	m.image, m.err = i.make(ctx, of)
	if m.err != nil {
		i.logger.Info("made-no-image", lager.Data{"volume": of.handle(), "error": m.err.Error()})
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.unregister(of, m)
	close(m.done)
	m.cancel(nil)
}

func (i *Images) unregister(of tree, m *making) {
	if i.making[of] == m {
		delete(i.making, of)
	}
}

// guarded passes on what is written as long as its context lasts and the volume
// is there. A volume that Baggageclaim destroys stays busy while it is read.
type guarded struct {
	ctx  context.Context
	from tree
	io.Writer
}

func (g guarded) Write(p []byte) (int, error) {
	if g.ctx.Err() != nil {
		return 0, fmt.Errorf("stopped reading it: %w", context.Cause(g.ctx))
	}
	if !g.from.exists() {
		return 0, errRemoved
	}
	return g.Writer.Write(p)
}
