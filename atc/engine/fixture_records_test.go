package engine

import (
	"context"
	"slices"
	"strings"

	"code.cloudfoundry.org/lager/v3/lagerctx"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/event"
	"github.com/concourse/concourse/atc/runtime"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// cached is a resource cache that was asked for.
type cached struct {
	User    db.ResourceCacheUser
	Type    string
	Version atc.Version
	Source  atc.Source
	Params  atc.Params
	Parent  db.ResourceCache
}

func (f *fixture) cachesMade() []cached {
	var made []cached
	for i := range f.caches.FindOrCreateResourceCacheCallCount() {
		user, typeName, version, source, params, parent := f.caches.FindOrCreateResourceCacheArgsForCall(i)
		made = append(made, cached{user, typeName, version, source, params, parent})
	}
	return made
}

func (f *fixture) events() []atc.Event {
	var events []atc.Event
	for i := range f.build.SaveEventCallCount() {
		events = append(events, f.build.SaveEventArgsForCall(i))
	}
	return events
}

func (f *fixture) eventTypes() []atc.EventType {
	var types []atc.EventType
	for _, saved := range f.events() {
		types = append(types, saved.EventType())
	}
	return types
}

// shown is the output of steps in the build log.
func (f *fixture) shown() string {
	var shown string
	for _, saved := range f.events() {
		if output, ok := saved.(event.Log); ok {
			shown += output.Payload
		}
	}
	return shown
}

// errorsShown are the errors that the build's events show.
func (f *fixture) errorsShown() []string {
	var shown []string
	for _, saved := range f.events() {
		if failure, ok := saved.(event.Error); ok {
			shown = append(shown, failure.Message)
		}
	}
	return shown
}

// lines are what was written to the build log of the step itself.
func (f *fixture) lines() []string {
	return slices.Collect(strings.Lines(string(f.stderr.Contents())))
}

// expectPhysical fetches the image and expects what upstream does, and nothing else.
func (f *fixture) expectPhysical(ctx context.Context) {
	GinkgoHelper()
	upstreams := runtime.ImageSpec{ImageURL: "what upstream returns"}
	f.upstream.FetchImageReturns(upstreams, f.cache, nil)
	get, check := f.get, f.check

	image, cache, err := f.fetch(ctx)
	Expect(err).NotTo(HaveOccurred())
	Expect(image).To(Equal(upstreams))
	Expect(cache).To(BeIdenticalTo(f.cache))

	Expect(f.upstream.FetchImageCallCount()).To(Equal(1))
	ctxArg, getArg, checkArg, privileged := f.upstream.FetchImageArgsForCall(0)
	Expect(lagerctx.FromContext(ctxArg)).To(BeIdenticalTo(f.log))
	Expect(getArg).To(Equal(get))
	Expect(getArg.Get).To(BeIdenticalTo(get.Get))
	Expect(checkArg).To(BeIdenticalTo(check))
	Expect(privileged).To(Equal(f.privileged))

	Expect(f.ran).To(BeEmpty())
	Expect(f.events()).To(BeEmpty())
	Expect(f.cachesMade()).To(BeEmpty())
	Expect(f.build.SaveImageResourceVersionCallCount()).To(BeZero())
	Expect(f.policies.ShouldCheckActionCallCount()).To(BeZero())
	Expect(f.delegate.NativeImages()).To(BeEmpty())
}
