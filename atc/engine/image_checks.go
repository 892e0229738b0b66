package engine

import (
	"context"
	"sync"

	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/db/lock"
)

// imageChecks are the checks of images that run on this web node. Steps that
// need the same image at the same time share one: upstream lets each of ten
// parallel steps check, because none has finished when the others begin.
type imageChecks struct {
	mutex   sync.Mutex
	running map[int]chan struct{} // closed at the end, by ID of the resource config scope
}

func newImageChecks() *imageChecks {
	return &imageChecks{running: map[int]chan struct{}{}}
}

// begin begins a check in a scope, until the lock is released. Where one is
// running already, there is no lock but a channel that is closed when it ends.
func (c *imageChecks) begin(scopeID int) (lock.Lock, <-chan struct{}) {
	c.mutex.Lock()
	defer c.mutex.Unlock()

	if running := c.running[scopeID]; running != nil {
		return nil, running
	}
	c.running[scopeID] = make(chan struct{})
	return runningImageCheck{c, scopeID}, nil
}

type runningImageCheck struct {
	checks  *imageChecks
	scopeID int
}

// Release lets those go on who wait for the check.
func (r runningImageCheck) Release() error {
	r.checks.mutex.Lock()
	defer r.checks.mutex.Unlock()
	close(r.checks.running[r.scopeID])
	delete(r.checks.running, r.scopeID)
	return nil
}

// imageCheckDelegate is the delegate of the check of an image.
type imageCheckDelegate struct {
	*checkDelegate
	checks *imageChecks
}

// WaitToRun waits for a check of the same image, if one is running, and then
// has upstream judge whether its result will do. If that check failed, all who
// waited for it check at once, as upstream has them do from the start.
func (d *imageCheckDelegate) WaitToRun(ctx context.Context, scope db.ResourceConfigScope) (lock.Lock, bool, error) {
	begun, running := d.checks.begin(scope.ID())
	if begun == nil {
		select {
		case <-running:
			return d.checkDelegate.WaitToRun(ctx, scope)
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}

	upstreams, run, err := d.checkDelegate.WaitToRun(ctx, scope)
	if err != nil || !run {
		begun.Release()
		return upstreams, run, err
	}
	return bothLocks{upstreams, begun}, true, nil
}

type bothLocks struct{ first, second lock.Lock }

func (l bothLocks) Release() error {
	defer l.second.Release()
	return l.first.Release()
}
