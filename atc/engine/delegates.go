package engine

import (
	"context"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/exec"
	"github.com/concourse/concourse/atc/runtime"
)

type getDelegate struct {
	exec.GetDelegate
	images *buildStepDelegate
}

func (d *getDelegate) FetchImage(ctx context.Context, get atc.Plan, check *atc.Plan, privileged bool) (runtime.ImageSpec, db.ResourceCache, error) {
	return d.images.FetchImage(ctx, get, check, privileged)
}

func (d *getDelegate) PullCredentials() (string, string) { return d.images.PullCredentials() }

type putDelegate struct {
	exec.PutDelegate
	images *buildStepDelegate
}

func (d *putDelegate) FetchImage(ctx context.Context, get atc.Plan, check *atc.Plan, privileged bool) (runtime.ImageSpec, db.ResourceCache, error) {
	return d.images.FetchImage(ctx, get, check, privileged)
}

func (d *putDelegate) PullCredentials() (string, string) { return d.images.PullCredentials() }

type checkDelegate struct {
	exec.CheckDelegate
	images *buildStepDelegate
}

func (d *checkDelegate) FetchImage(ctx context.Context, get atc.Plan, check *atc.Plan, privileged bool) (runtime.ImageSpec, db.ResourceCache, error) {
	return d.images.FetchImage(ctx, get, check, privileged)
}

func (d *checkDelegate) PullCredentials() (string, string) { return d.images.PullCredentials() }
