package worker

import (
	"errors"

	"code.cloudfoundry.org/garden"
	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/db/dbfakes"
	"github.com/concourse/concourse/atc/runtime"
	"github.com/concourse/concourse/atc/worker/gardenruntime"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient/gclientfakes"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a container of no more use: that of a check", func() {
	var (
		dbWorker *dbfakes.FakeWorker
		client   *gclientfakes.FakeClient
		volumes  *dbfakes.FakeVolumeRepository
		metadata db.ContainerMetadata

		known      *dbfakes.FakeCreatedContainer // that the database knows
		onWorker   *gclientfakes.FakeContainer
		destroying *dbfakes.FakeDestroyingContainer
		next       *dbfakes.FakeCreatedContainer
	)

	BeforeEach(func() {
		metadata = db.ContainerMetadata{Type: db.ContainerTypeCheck}
		dbWorker, client, volumes = workerWith(), new(gclientfakes.FakeClient), new(dbfakes.FakeVolumeRepository)
		known, next = new(dbfakes.FakeCreatedContainer), new(dbfakes.FakeCreatedContainer)
		known.HandleReturns("known-handle")
		next.HandleReturns("next-handle")
		dbWorker.FindContainerReturns(nil, known, nil)
		destroying = new(dbfakes.FakeDestroyingContainer)
		known.DestroyingReturns(destroying, nil)
		destroying.DestroyStub = func() (bool, error) {
			dbWorker.FindContainerReturns(nil, next, nil)
			return true, nil
		}
		onWorker = new(gclientfakes.FakeContainer)
		client.LookupReturns(onWorker, nil)
	})

	find := func(ctx SpecContext) (string, error) {
		w := newWorker(dbWorker, client, 0, func(client gclient.Client) *gardenruntime.Worker {
			return gardenruntime.NewWorker(dbWorker, client, nil, gardenruntime.DB{VolumeRepo: volumes}, nil)
		})
		container, _, err := w.FindOrCreateContainer(ctx, nil, metadata, runtime.ContainerSpec{}, nil)
		if err != nil {
			return "", err
		}
		return container.DBContainer().Handle(), nil
	}
	isMissing := func() {
		client.LookupStub = func(handle string) (gclient.Container, error) {
			if handle == "known-handle" {
				return nil, garden.ContainerNotFoundError{Handle: handle}
			}
			return onWorker, nil
		}
	}
	has := func(property, value string) {
		client.LookupStub = func(handle string) (gclient.Container, error) {
			found := new(gclientfakes.FakeContainer)
			if handle == "known-handle" {
				found.PropertiesReturns(garden.Properties{property: value}, nil)
			}
			return found, nil
		}
	}
	gaveWay := func() { has(contract.GaveWay, "its pod made room") }
	isLost := func() { has(contract.Lost, "worker some-worker disappeared: evicted") }

	It("is used again where the worker has it", func(ctx SpecContext) {
		Expect(find(ctx)).To(Equal("known-handle"))
		Expect(known.DestroyingCallCount()).To(BeZero())
	})

	DescribeTable("gives way to another in the database at once, and the check goes on with that",
		func(ctx SpecContext, happen func()) {
			happen()
			Expect(find(ctx)).To(Equal("next-handle"))
			Expect(client.DestroyCallCount()).To(Equal(1))
			Expect(client.DestroyArgsForCall(0)).To(Equal("known-handle"))
			Expect(known.DestroyingCallCount()).To(Equal(1))
			Expect(destroying.DestroyCallCount()).To(Equal(1))
		},
		Entry("where the worker has it no more", func() { isMissing() }),
		Entry("where its pod gave way", func() { gaveWay() }),
	)

	It("may have been taken off the books by someone else", func(ctx SpecContext) {
		isMissing()
		known.DestroyingStub = func() (db.DestroyingContainer, error) {
			dbWorker.FindContainerReturns(nil, next, nil)
			return nil, db.ErrContainerDisappeared
		}
		Expect(find(ctx)).To(Equal("next-handle"))
	})

	It("may have been replaced by someone else", func(ctx SpecContext) {
		isMissing()
		dbWorker.FindContainerReturns(nil, next, nil)
		dbWorker.FindContainerReturnsOnCall(0, nil, known, nil)
		Expect(find(ctx)).To(Equal("next-handle"))
		Expect(known.DestroyingCallCount() + next.DestroyingCallCount()).To(BeZero())
	})

	It("is replaced once", func(ctx SpecContext) {
		client.LookupStub = func(handle string) (gclient.Container, error) {
			return nil, garden.ContainerNotFoundError{Handle: handle}
		}
		_, err := find(ctx)
		Expect(err).To(MatchError(ContainSubstring("unknown handle: next-handle")))
		Expect(next.DestroyingCallCount()).To(BeZero())
	})

	It("is gone from the worker before its volumes may be taken", func(ctx SpecContext) {
		gaveWay()
		client.DestroyReturns(errors.New("its pod is still there"))
		_, err := find(ctx)
		Expect(err).To(MatchError(And(ContainSubstring("known-handle"), ContainSubstring("its pod is still there"))))
		Expect(known.DestroyingCallCount()).To(BeZero())
	})

	It("need not be known to the worker to be taken off the books", func(ctx SpecContext) {
		isMissing()
		client.DestroyReturns(garden.ContainerNotFoundError{Handle: "known-handle"})
		Expect(find(ctx)).To(Equal("next-handle"))
	})

	It("says so where it can't be taken off the books", func(ctx SpecContext) {
		isMissing()
		known.DestroyingReturns(nil, errors.New("no database"))
		_, err := find(ctx)
		Expect(err).To(MatchError(And(ContainSubstring("known-handle"), ContainSubstring("some-worker"), ContainSubstring("no database"))))
	})

	It("says so where the worker does not answer", func(ctx SpecContext) {
		onWorker.PropertiesReturns(nil, errors.New("no answer"))
		_, err := find(ctx)
		Expect(err).To(MatchError(ContainSubstring("no answer")))
		Expect(known.DestroyingCallCount()).To(BeZero())
	})

	It("is made again where the worker forgot a volume of it, in the words for which web runs a step again", func(ctx SpecContext) {
		dbWorker.FindContainerReturns(nil, nil, errors.New("future not found: some-future"))
		_, err := find(ctx)
		Expect(err).To(MatchError(MatchRegexp("worker some-worker disappeared: it was restarted while it made a volume .*future not found: some-future")))
	})

	Describe("of another step", func() {
		BeforeEach(func() { metadata.Type = db.ContainerTypeTask })

		It("is not replaced, as the step's process may have run in it", func(ctx SpecContext) {
			isMissing()
			_, err := find(ctx)
			Expect(err).To(MatchError(ContainSubstring("unknown handle: known-handle")))
			Expect(known.DestroyingCallCount()).To(BeZero())
		})

		It("is found where its pod gave way: the worker says what became of its process", func(ctx SpecContext) {
			gaveWay()
			Expect(find(ctx)).To(Equal("known-handle"))
		})

		It("is found where its node took its pod away: the worker says so, and the step errs", func(ctx SpecContext) {
			isLost()
			Expect(find(ctx)).To(Equal("known-handle"))
		})

		Describe("that is run again when its worker disappears", func() {
			BeforeEach(func() {
				DeferCleanup(func(before bool) { atc.EnableBuildRerunWhenWorkerDisappears = before }, atc.EnableBuildRerunWhenWorkerDisappears)
				atc.EnableBuildRerunWhenWorkerDisappears = true
			})

			It("is replaced where its node took its pod away, or the step would hear of that for ever", func(ctx SpecContext) {
				isLost()
				Expect(find(ctx)).To(Equal("next-handle"))
				Expect(known.DestroyingCallCount()).To(Equal(1))
			})

			It("is not replaced where the worker does not know it", func(ctx SpecContext) {
				isMissing()
				_, err := find(ctx)
				Expect(err).To(MatchError(ContainSubstring("unknown handle: known-handle")))
				Expect(known.DestroyingCallCount()).To(BeZero())
			})

			It("is found where it ended by itself", func(ctx SpecContext) {
				Expect(find(ctx)).To(Equal("known-handle"))
			})
		})
	})

	It("is found by fly intercept where its pod gave way, so that the worker can say so", func(ctx SpecContext) {
		gaveWay()
		w := newWorker(dbWorker, client, 0, func(client gclient.Client) *gardenruntime.Worker {
			return gardenruntime.NewWorker(dbWorker, client, nil, gardenruntime.DB{}, nil)
		})
		_, found, err := w.LookupContainer(ctx, "known-handle")
		Expect(err).NotTo(HaveOccurred())
		Expect(found).To(BeTrue())
		Expect(known.DestroyingCallCount()).To(BeZero())
	})
})
