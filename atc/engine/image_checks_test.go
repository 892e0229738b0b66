package engine

import (
	"context"
	"errors"
	"time"

	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/db/dbfakes"
	"github.com/concourse/concourse/atc/db/lock"
	"github.com/concourse/concourse/atc/db/lock/lockfakes"
	"github.com/concourse/concourse/atc/engine"
	"github.com/concourse/concourse/atc/exec/execfakes"
	"github.com/concourse/concourse/atc/worker"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"
)

// decision is what WaitToRun returned.
type decision struct {
	lock lock.Lock
	run  bool
	err  error
}

var _ = Describe("the checks of one image by parallel steps", func() {
	var (
		checks        *imageChecks
		upstream      *execfakes.FakeCheckDelegate
		upstreamsLock *lockfakes.FakeLock
		scope         *dbfakes.FakeResourceConfigScope
	)

	scopeWithID := func(id int) *dbfakes.FakeResourceConfigScope {
		fake := new(dbfakes.FakeResourceConfigScope)
		fake.IDReturns(id)
		return fake
	}

	// waitToRun is a step that comes to its check.
	waitToRun := func(ctx context.Context, scope db.ResourceConfigScope) <-chan decision {
		decided := make(chan decision, 1)
		go func() {
			delegate := &imageCheckDelegate{&checkDelegate{nil, upstreamCheck{upstream}}, checks}
			var d decision
			d.lock, d.run, d.err = delegate.WaitToRun(ctx, scope)
			decided <- d
		}()
		return decided
	}

	// runs waits until a step may run its check.
	runs := func(decided <-chan decision) decision {
		GinkgoHelper()
		var d decision
		Eventually(decided).Should(Receive(&d))
		Expect(d.err).NotTo(HaveOccurred())
		Expect(d.run).To(BeTrue())
		return d
	}

	BeforeEach(func() {
		before := gleak.Goroutines()
		DeferCleanup(func() { Eventually(gleak.Goroutines).ShouldNot(gleak.HaveLeaked(before)) })

		checks = newImageChecks()
		upstream = new(execfakes.FakeCheckDelegate)
		upstreamsLock = new(lockfakes.FakeLock)
		upstream.WaitToRunReturns(upstreamsLock, true, nil)
		scope = scopeWithID(1)
	})

	It("run once; the others wait, and then ask upstream whether the result will do", func(ctx SpecContext) {
		first := runs(waitToRun(ctx, scope))
		second, third := waitToRun(ctx, scope), waitToRun(ctx, scope)
		Consistently(second).ShouldNot(Receive())
		Expect(third).NotTo(Receive())
		Expect(upstream.WaitToRunCallCount()).To(Equal(1))

		upstream.WaitToRunReturns(nil, false, nil)
		Expect(first.lock.Release()).To(Succeed())
		Eventually(second).Should(Receive(Equal(decision{})))
		Eventually(third).Should(Receive(Equal(decision{})))
		Expect(upstream.WaitToRunCallCount()).To(Equal(3))
	})

	It("run in all the others at once when the first failed, for then upstream says so", func(ctx SpecContext) {
		first := runs(waitToRun(ctx, scope))
		second, third := waitToRun(ctx, scope), waitToRun(ctx, scope)
		Consistently(second).ShouldNot(Receive())

		Expect(first.lock.Release()).To(Succeed())
		runs(second)
		runs(third)
	})

	It("run again later", func(ctx SpecContext) {
		for range 3 {
			Expect(runs(waitToRun(ctx, scope)).lock.Release()).To(Succeed())
		}
	})

	It("don't wait for the check of another image", func(ctx SpecContext) {
		first := runs(waitToRun(ctx, scope))
		other := runs(waitToRun(ctx, scopeWithID(2)))
		Expect(other.lock.Release()).To(Succeed())
		Expect(first.lock.Release()).To(Succeed())
	})

	It("stop waiting when their step is aborted, and don't disturb the one that runs", func(ctx SpecContext) {
		first := runs(waitToRun(ctx, scope))
		aborted, abort := context.WithCancel(ctx)
		waiting := waitToRun(aborted, scope)
		Consistently(waiting).ShouldNot(Receive())

		abort()
		Eventually(waiting).Should(Receive(Equal(decision{err: context.Canceled})))
		next := waitToRun(ctx, scope)
		Consistently(next).ShouldNot(Receive())
		Expect(first.lock.Release()).To(Succeed())
		runs(next)
	})

	DescribeTable("make nobody wait who comes after",
		func(ctx SpecContext, lock lock.Lock, run bool, err error) {
			upstream.WaitToRunReturnsOnCall(0, lock, run, err)
			var first decision
			Eventually(waitToRun(ctx, scope)).Should(Receive(&first))
			Expect(first).To(Equal(decision{lock, run, err}))
			runs(waitToRun(ctx, scope))
		},
		Entry("one that upstream has an error for", nil, false, errors.New("nope")),
		Entry("one that upstream does not need", nil, false, nil),
	)

	Describe("release upstream's lock too", func() {
		It("with their own", func(ctx SpecContext) {
			first := runs(waitToRun(ctx, scope))
			Expect(upstreamsLock.ReleaseCallCount()).To(BeZero())
			Expect(first.lock.Release()).To(Succeed())
			Expect(upstreamsLock.ReleaseCallCount()).To(Equal(1))
		})

		It("and their own even where upstream's can't be released", func(ctx SpecContext) {
			upstreamsLock.ReleaseReturns(errors.New("nope"))
			Expect(runs(waitToRun(ctx, scope)).lock.Release()).To(MatchError("nope"))
			runs(waitToRun(ctx, scope))
		})
	})

	It("are one for upstream's own delegate, once it has succeeded", func(ctx SpecContext) {
		f := newFixture()
		delegate := func() *imageCheckDelegate {
			plan := atc.Plan{ID: "1/image-check", Check: &atc.CheckPlan{Type: "registry-image", Interval: atc.CheckEvery{Interval: time.Minute}}}
			upstreams := engine.NewCheckDelegate(f.build, plan, f.state(), f.factory().newBuildStepDelegate(nil, "", worker.Spec{}, nil, nil).clock, nil, f.policies)
			return &imageCheckDelegate{&checkDelegate{nil, upstreamCheck{upstreams}}, checks}
		}
		running, run, err := delegate().WaitToRun(ctx, scope)
		Expect(err).NotTo(HaveOccurred())
		Expect(run).To(BeTrue())

		scope.LastCheckReturns(db.LastCheck{Succeeded: true, EndTime: f.build.StartTime().Add(time.Second)}, nil)
		Expect(running.Release()).To(Succeed())
		_, run, err = delegate().WaitToRun(ctx, scope)
		Expect(err).NotTo(HaveOccurred())
		Expect(run).To(BeFalse())
	})
})

var _ = Describe("the delegate of a check", func() {
	DescribeTable("waits for the check of the same image only where it is the check of an image for the kubelet",
		func(mode NativeImageFetchMode, plan atc.CheckPlan, expected any) {
			f := newFixture()
			f.mode = mode
			factory := delegateFactory{build: f.build, plan: atc.Plan{ID: "1", Check: &plan}, images: f.factory()}
			Expect(factory.CheckDelegate(f.state())).To(BeAssignableToTypeOf(expected))
		},
		Entry("always", NativeImageFetchAlways, atc.CheckPlan{Type: "registry-image"}, &imageCheckDelegate{}),
		Entry("auto", NativeImageFetchAuto, atc.CheckPlan{Type: "registry-image"}, &imageCheckDelegate{}),
		Entry("the image of a custom type", NativeImageFetchAlways, atc.CheckPlan{Type: "registry-image", ResourceType: "some-type"}, &imageCheckDelegate{}),
		Entry("never", NativeImageFetchNever, atc.CheckPlan{Type: "registry-image"}, &checkDelegate{}),
		Entry("another type", NativeImageFetchAlways, atc.CheckPlan{Type: "docker-image"}, &checkDelegate{}),
		Entry("a resource", NativeImageFetchAlways, atc.CheckPlan{Type: "registry-image", Resource: "some-resource"}, &checkDelegate{}),
	)

	It("shares the checks of its web node with those of other builds", func() {
		f := newFixture()
		images := f.factory()
		ofBuild := func(id int) *imageCheckDelegate {
			build := new(dbfakes.FakeBuild)
			build.IDReturns(id)
			factory := delegateFactory{build: build, plan: atc.Plan{ID: "1", Check: &atc.CheckPlan{Type: "registry-image"}}, images: images}
			return factory.CheckDelegate(f.state()).(*imageCheckDelegate)
		}
		Expect(ofBuild(1).checks).To(BeIdenticalTo(ofBuild(2).checks))
	})
})
