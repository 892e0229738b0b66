package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3"
	"code.cloudfoundry.org/lager/v3/lagerctx"
	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
)

// uselessFor are the properties with which a container is of no more use to its step. A
// check would go on to be run in one whose pod made room for others, for up to an hour. A step
// that is run again because its node took its pod away would hear of that for ever.
func uselessFor(step db.ContainerType) []string {
	var useless []string
	if step == db.ContainerTypeCheck {
		useless = append(useless, contract.GaveWay)
	}
	if atc.EnableBuildRerunWhenWorkerDisappears {
		useless = append(useless, contract.Lost)
	}
	return useless
}

// Lookup passes over a container that is of no more use to the step. Nothing is lost with it,
// as nothing runs in it.
func (c *amendingClient) Lookup(handle string) (gclient.Container, error) {
	container, err := c.Client.Lookup(handle)
	if err != nil || len(c.useless) == 0 {
		return container, err
	}
	properties, err := container.Properties()
	if err != nil {
		return nil, err
	}
	for _, name := range c.useless {
		if _, has := properties[name]; has {
			c.passedOver = handle
			return nil, garden.ContainerNotFoundError{Handle: handle}
		}
	}
	return container, nil
}

// isReplaced says whether the step gets another container in place of one that was not found: a
// check always, and any step for one that it passed over.
func (c *amendingClient) isReplaced(handle string, step db.ContainerType) bool {
	return step == db.ContainerTypeCheck || c.passedOver == handle
}

// forget takes a container off the books that the worker has no more, or
// that is of no more use. Upstream's garbage collection would, minutes later. It goes
// from the database at once: upstream looks for one container of a check, and may find
// this one in place of the next.
func (w *Worker) forget(ctx context.Context, owner db.ContainerOwner, handle string) error {
	_, created, err := w.dbWorker.FindContainer(owner)
	if err != nil {
		return fmt.Errorf("find the container of the step on worker %s: %w", w.Name(), err)
	}
	if created == nil || created.Handle() != handle {
		return nil
	}
	lagerctx.FromContext(ctx).Info("replacing-container", lager.Data{"container": handle, "worker": w.Name()})
	if err := w.destroy(handle); err != nil {
		return fmt.Errorf("destroy container %s on worker %s, which is of no more use: %w", handle, w.Name(), err)
	}
	destroying, err := created.Destroying()
	if err == nil {
		_, err = destroying.Destroy()
	}
	if err != nil && !errors.Is(err, db.ErrContainerDisappeared) {
		return fmt.Errorf("take container %s, which is gone from worker %s, off the books: %w", handle, w.Name(), err)
	}
	return nil
}

// destroy has nothing of the container run any more. Its volumes are taken once it is off the
// books.
func (w *Worker) destroy(handle string) error {
	err := w.garden.Destroy(handle)
	if _, isGone := errors.AsType[garden.ContainerNotFoundError](err); isGone {
		return nil
	}
	return err
}

// futureNotFound begins what Baggageclaim answers to who waits for a volume that it makes, when
// the worker was restarted meanwhile: see its package api.
const futureNotFound = "future not found"

// lostVolume has web run a step again whose volume the worker forgot.
func (w *Worker) lostVolume(err error) error {
	if err == nil || !strings.Contains(err.Error(), futureNotFound) {
		return err
	}
	return contract.Disappeared(w.Name(), "it was restarted while it made a volume for the step: "+err.Error())
}
