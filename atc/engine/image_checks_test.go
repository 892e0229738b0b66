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

	// waitToRunOf is the step of a delegate that comes to its check.
	waitToRunOf := func(ctx context.Context, images *buildStepDelegate, scope db.ResourceConfigScope) <-chan decision {
		decided := make(chan decision, 1)
		go func() {
			delegate := &imageCheckDelegate{&checkDelegate{images, upstreamCheck{upstream}}, checks}
			var d decision
			d.lock, d.run, d.err = delegate.WaitToRun(ctx, scope)
			decided <- d
		}()
		return decided
	}

	// waitToRun is a step with tags that comes to its check.
	waitToRun := func(ctx context.Context, scope db.ResourceConfigScope) <-chan decision {
		delegate := newFixture().factory().newBuildStepDelegate(nil, "1", worker.Spec{TeamID: 7, Tags: []string{"gpu", "big"}}, nil, nil)
		return waitToRunOf(ctx, delegate, scope)
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

	DescribeTable("don't wait for a check of the same image that may wait for other workers",
		func(ctx SpecContext, placement worker.Spec) {
			first := runs(waitToRun(ctx, scope))
			other := newFixture().factory().newBuildStepDelegate(nil, "1", placement, nil, nil)
			Expect(runs(waitToRunOf(ctx, other, scope)).lock.Release()).To(Succeed())
			Expect(first.lock.Release()).To(Succeed())
		},
		Entry("of another team", worker.Spec{TeamID: 8, Tags: []string{"gpu", "big"}}),
		Entry("with other tags", worker.Spec{TeamID: 7, Tags: []string{"gpu"}}),
		Entry("without tags", worker.Spec{TeamID: 7}),
	)

	It("wait for one with the same tags in another order", func(ctx SpecContext) {
		first := runs(waitToRun(ctx, scope))
		same := newFixture().factory().newBuildStepDelegate(nil, "1", worker.Spec{TeamID: 7, Tags: []string{"big", "gpu"}}, nil, nil)
		waiting := waitToRunOf(ctx, same, scope)
		Consistently(waiting).ShouldNot(Receive())
		Expect(first.lock.Release()).To(Succeed())
		Expect(runs(waiting).lock.Release()).To(Succeed())
	})

	Describe("where no Kubernetes worker could take them", func() {
		var images *buildStepDelegate
		var f *fixture

		BeforeEach(func() {
			f = newFixture()
			f.mode = NativeImageFetchAuto
			images = f.factory().newBuildStepDelegate(nil, "1", worker.Spec{TeamID: 7}, nil, nil)
		})

		It("are upstream's: each runs", func(ctx SpecContext) {
			f.workers.WorkersReturns([]db.Worker{containerdWorker()}, nil)
			for range 3 {
				Expect(runs(waitToRunOf(ctx, images, scope)).lock).To(BeIdenticalTo(upstreamsLock))
			}
		})

		It("fail where that can't be found out", func(ctx SpecContext) {
			f.workers.WorkersReturns(nil, errors.New("nope"))
			var d decision
			Eventually(waitToRunOf(ctx, images, scope)).Should(Receive(&d))
			Expect(d.err).To(MatchError(ContainSubstring("nope")))
			Expect(upstream.WaitToRunCallCount()).To(BeZero())
		})
	})

	It("make nobody wait whose step panicked", func(ctx SpecContext) {
		upstream.WaitToRunStub = func(context.Context, db.ResourceConfigScope) (lock.Lock, bool, error) { panic("nope") }
		images := newFixture().factory().newBuildStepDelegate(nil, "1", worker.Spec{TeamID: 7, Tags: []string{"gpu", "big"}}, nil, nil)
		Expect(func() {
			(&imageCheckDelegate{&checkDelegate{images, upstreamCheck{upstream}}, checks}).WaitToRun(ctx, scope)
		}).To(PanicWith("nope"))

		upstream.WaitToRunStub = nil
		Expect(runs(waitToRun(ctx, scope)).lock.Release()).To(Succeed())
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
			images := f.factory().newBuildStepDelegate(nil, "", worker.Spec{}, nil, nil)
			upstreams := engine.NewCheckDelegate(f.build, plan, f.state(), images.clock, nil, f.policies)
			return &imageCheckDelegate{&checkDelegate{images, upstreamCheck{upstreams}}, checks}
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
			factory := delegateFactory{build: f.build, plan: atc.Plan{ID: "1", Check: &plan}, images: f.factory(), logs: new(openLogs)}
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
			factory := delegateFactory{build: build, plan: atc.Plan{ID: "1", Check: &atc.CheckPlan{Type: "registry-image"}}, images: images, logs: new(openLogs)}
			return factory.CheckDelegate(f.state()).(*imageCheckDelegate)
		}
		Expect(ofBuild(1).checks).To(BeIdenticalTo(ofBuild(2).checks))
	})
})
