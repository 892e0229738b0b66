package worker

import (
	"context"
	"errors"
	"fmt"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3"
	"code.cloudfoundry.org/lager/v3/lagerctx"
	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
)

// Lookup finds no container of a check whose pod has made room for others: it would
// go on being used for up to an hour. Nothing is lost with it, as no check runs in it.
func (c *amendingClient) Lookup(handle string) (gclient.Container, error) {
	container, err := c.Client.Lookup(handle)
	if err != nil || !c.replaceable {
		return container, err
	}
	properties, err := container.Properties()
	if err != nil {
		return nil, err
	}
	if _, gaveWay := properties[contract.GaveWay]; gaveWay {
		return nil, garden.ContainerNotFoundError{Handle: handle}
	}
	return container, nil
}

// forget takes a check's container off the books that the worker has no more, or
// that is of no more use. Upstream's garbage collection would, minutes later. It goes
// from the database at once: upstream looks for one container of a check, and may find
// this one in place of the next. The worker is told to remove what is left of it when
// it reports a container that is not in the database.
func (w *Worker) forget(ctx context.Context, owner db.ContainerOwner, handle string) error {
	_, created, err := w.dbWorker.FindContainer(owner)
	if err != nil {
		return fmt.Errorf("find the check's container on worker %s: %w", w.Name(), err)
	}
	if created == nil || created.Handle() != handle {
		return nil
	}
	lagerctx.FromContext(ctx).Info("replacing-container-of-check", lager.Data{"container": handle, "worker": w.Name()})
	destroying, err := created.Destroying()
	if err == nil {
		_, err = destroying.Destroy()
	}
	if err != nil && !errors.Is(err, db.ErrContainerDisappeared) {
		return fmt.Errorf("take container %s, which is gone from worker %s, off the books: %w", handle, w.Name(), err)
	}
	return nil
}
