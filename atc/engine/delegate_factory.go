package engine

import (
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/engine"
	"github.com/concourse/concourse/atc/exec"
	"github.com/concourse/concourse/atc/worker"
)

// delegateFactory makes the delegates of one step: upstream's, with our FetchImage.
type delegateFactory struct {
	engine.DelegateFactory

	build     db.Build
	plan      atc.Plan
	placement worker.Spec
	images    imageFetcherFactory
	logs      *openLogs
}

func (f delegateFactory) GetDelegate(state exec.RunState) exec.GetDelegate {
	upstream := f.DelegateFactory.GetDelegate(state)
	return &getDelegate{f.buildStepDelegate(state, upstream), upstreamGet{upstream}}
}

func (f delegateFactory) PutDelegate(state exec.RunState) exec.PutDelegate {
	upstream := f.DelegateFactory.PutDelegate(state)
	return &putDelegate{f.buildStepDelegate(state, upstream), upstreamPut{upstream}}
}

func (f delegateFactory) CheckDelegate(state exec.RunState) exec.CheckDelegate {
	upstream := f.DelegateFactory.CheckDelegate(state)
	delegate := &checkDelegate{f.buildStepDelegate(state, upstream), upstreamCheck{upstream}}
	if delegate.nativeImageFetch && f.plan.Check.Type == registryImageType && !f.plan.Check.IsResourceCheck() {
		return &imageCheckDelegate{delegate, f.images.checks}
	}
	return delegate
}

func (f delegateFactory) TaskDelegate(state exec.RunState) exec.TaskDelegate {
	upstream := f.DelegateFactory.TaskDelegate(state)
	images := f.buildStepDelegate(state, f.DelegateFactory.BuildStepDelegate(state))
	return newTaskDelegate(upstream, images)
}

func (f delegateFactory) buildStepDelegate(state exec.RunState, upstream imageFetchingDelegate) *buildStepDelegate {
	delegate := f.images.newBuildStepDelegate(f.build, f.plan.ID, f.placement, state, upstream)
	f.logs.add(delegate.log)
	return delegate
}
