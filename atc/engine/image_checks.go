package engine

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/db/lock"
)

// imageChecks are the checks of images that run on this web node. Steps that
// need the same image at the same time share one: upstream lets each of ten
// parallel steps check, because none has finished when the others begin.
type imageChecks struct {
	mutex   sync.Mutex
	running map[imageCheck]chan struct{} // closed at the end
}

// imageCheck is what checks have in common that can share one: the resource
// config scope, and the workers that they may run on, as a check first waits
// for one of them.
type imageCheck struct {
	scopeID, teamID int
	tags            string
}

func newImageChecks() *imageChecks {
	return &imageChecks{running: map[imageCheck]chan struct{}{}}
}

// begin begins a check, until the lock is released. Where one is running
// already, there is no lock but a channel that is closed when it ends.
func (c *imageChecks) begin(check imageCheck) (lock.Lock, <-chan struct{}) {
	c.mutex.Lock()
	defer c.mutex.Unlock()

	if running := c.running[check]; running != nil {
		return nil, running
	}
	c.running[check] = make(chan struct{})
	return runningImageCheck{c, check}, nil
}

type runningImageCheck struct {
	checks *imageChecks
	check  imageCheck
}

// Release lets those go on who wait for the check.
func (r runningImageCheck) Release() error {
	r.checks.mutex.Lock()
	defer r.checks.mutex.Unlock()
	close(r.checks.running[r.check])
	delete(r.checks.running, r.check)
	return nil
}

// imageCheckDelegate is the delegate of the check of an image.
type imageCheckDelegate struct {
	*checkDelegate
	checks *imageChecks
}

// WaitToRun waits for a check of the same image, if one is running, and then
// has upstream judge whether its result will do. If that check failed, all who
// waited for it check at once, as upstream has them do from the start. Where the
// mode leaves no image to a kubelet, upstream decides alone.
func (d *imageCheckDelegate) WaitToRun(ctx context.Context, scope db.ResourceConfigScope) (lock.Lock, bool, error) {
	native, _, err := d.modeAllows()
	if err != nil {
		return nil, false, err
	}
	if !native {
		return d.checkDelegate.WaitToRun(ctx, scope)
	}
	begun, running := d.checks.begin(d.sharable(scope))
	if begun == nil {
		select {
		case <-running:
			return d.checkDelegate.WaitToRun(ctx, scope)
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
	return d.waitAsFirst(ctx, scope, begun)
}

func (d *imageCheckDelegate) sharable(scope db.ResourceConfigScope) imageCheck {
	tags := slices.Sorted(slices.Values(d.placement.Tags))
	return imageCheck{scopeID: scope.ID(), teamID: d.placement.TeamID, tags: strings.Join(tags, "\n")}
}

// waitAsFirst has upstream decide, and lets those go on who wait for the check
// that has begun unless that one is to run. The engine survives a panic.
func (d *imageCheckDelegate) waitAsFirst(ctx context.Context, scope db.ResourceConfigScope, begun lock.Lock) (_ lock.Lock, run bool, err error) {
	defer func() {
		if !run {
			begun.Release()
		}
	}()
	upstreams, toRun, err := d.checkDelegate.WaitToRun(ctx, scope)
	if err != nil || !toRun {
		return upstreams, false, err
	}
	return bothLocks{upstreams, begun}, true, nil
}

type bothLocks struct{ first, second lock.Lock }

func (l bothLocks) Release() error {
	defer l.second.Release()
	return l.first.Release()
}
