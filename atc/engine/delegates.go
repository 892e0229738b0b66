package engine

import (
	"code.cloudfoundry.org/lager/v3"
	"github.com/concourse/concourse/atc/exec"
	"github.com/concourse/concourse/atc/resource"
)

// The delegates below are upstream's but for what buildStepDelegate has,
// FetchImage, worker.NativeImages, worker.StartProgress, Stdout and Stderr: it is
// embedded one level higher than upstream's, so its methods are the ones that are
// promoted. They flush
// the step's log before its last event.

type getDelegate struct {
	*buildStepDelegate
	upstreamGet
}

type upstreamGet struct{ exec.GetDelegate }

func (d *getDelegate) Finished(logger lager.Logger, status exec.ExitStatus, result resource.VersionResult) {
	d.log.flush(logger)
	d.GetDelegate.Finished(logger, status, result)
}

func (d *getDelegate) Errored(logger lager.Logger, message string) {
	d.log.flush(logger)
	d.GetDelegate.Errored(logger, message)
}

type putDelegate struct {
	*buildStepDelegate
	upstreamPut
}

type upstreamPut struct{ exec.PutDelegate }

func (d *putDelegate) Finished(logger lager.Logger, status exec.ExitStatus, result resource.VersionResult) {
	d.log.flush(logger)
	d.PutDelegate.Finished(logger, status, result)
}

func (d *putDelegate) Errored(logger lager.Logger, message string) {
	d.log.flush(logger)
	d.PutDelegate.Errored(logger, message)
}

type checkDelegate struct {
	*buildStepDelegate
	upstreamCheck
}

type upstreamCheck struct{ exec.CheckDelegate }

func (d *checkDelegate) Finished(logger lager.Logger, succeeded bool) {
	d.log.flush(logger)
	d.CheckDelegate.Finished(logger, succeeded)
}

func (d *checkDelegate) Errored(logger lager.Logger, message string) {
	d.log.flush(logger)
	d.CheckDelegate.Errored(logger, message)
}
