package worker

import (
	"context"

	"github.com/concourse/concourse/atc/runtime"
)

// stepContainer is the container of a step, whose processes may run for as long
// as its stepContext lasts.
type stepContainer struct {
	runtime.Container
	step *stepContext
}

func (c stepContainer) Run(_ context.Context, spec runtime.ProcessSpec, io runtime.ProcessIO) (runtime.Process, error) {
	process, err := c.Container.Run(c.step, spec, io)
	return c.process(process), err
}

func (c stepContainer) Attach(_ context.Context, id string, io runtime.ProcessIO) (runtime.Process, error) {
	process, err := c.Container.Attach(c.step, id, io)
	return c.process(process), err
}

func (c stepContainer) process(process runtime.Process) runtime.Process {
	if process == nil {
		return nil
	}
	return stepProcess{process, c.step}
}

type stepProcess struct {
	runtime.Process
	step *stepContext
}

func (p stepProcess) Wait(context.Context) (runtime.ProcessResult, error) {
	return p.Process.Wait(p.step)
}
