package worker

import (
	"context"
	"errors"
	"time"

	"code.cloudfoundry.org/garden"
	"github.com/concourse/concourse/atc/runtime"
	"github.com/concourse/concourse/atc/runtime/runtimetest"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient/gclientfakes"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the context of a step", func() {
	const timeout = 20 * time.Millisecond

	// timed is a step's context with a timeout.
	timed := func() context.Context {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		DeferCleanup(cancel)
		return ctx
	}

	It("ends with the step's timeout", func() {
		step := newStepContext(timed())
		Expect(step.Err()).NotTo(HaveOccurred())
		Eventually(step.Done()).Should(BeClosed())
		Expect(step.Err()).To(MatchError(context.DeadlineExceeded))
	})

	It("does not end while the pod starts, and has the rest of the timeout then", func() {
		ctx := timed()
		step := newStepContext(ctx)
		first, _ := step.Deadline()
		step.pause()
		Eventually(ctx.Done()).Should(BeClosed())
		Consistently(step.Done(), 5*timeout).ShouldNot(BeClosed())
		Expect(step.Err()).NotTo(HaveOccurred())

		step.resume()
		later, limited := step.Deadline()
		Expect(limited).To(BeTrue())
		Expect(later).To(BeTemporally(">", first))
		Eventually(step.Done()).Should(BeClosed())
		Expect(step.Err()).To(MatchError(context.DeadlineExceeded))
	})

	It("ends when the build is aborted, also while the pod starts", func() {
		ctx, abort := context.WithTimeout(context.Background(), time.Hour)
		step := newStepContext(ctx)
		step.pause()
		abort()
		Eventually(step.Done()).Should(BeClosed())
		Expect(step.Err()).To(MatchError(context.Canceled))
	})

	It("has ended where the step's has", func() {
		ctx, abort := context.WithCancel(context.Background())
		abort()
		Expect(newStepContext(ctx).Err()).To(MatchError(context.Canceled))
	})

	It("has no end but the build's where the step has no timeout", func() {
		ctx, abort := context.WithCancel(context.Background())
		step := newStepContext(ctx)
		step.pause()
		step.resume()
		_, limited := step.Deadline()
		Expect(limited).To(BeFalse())
		abort()
		Eventually(step.Done()).Should(BeClosed())
	})

	It("is paused while Garden creates the container", func() {
		ctx := timed()
		client := new(gclientfakes.FakeClient)
		client.CreateStub = func(garden.ContainerSpec) (gclient.Container, error) {
			Eventually(ctx.Done()).Should(BeClosed())
			return new(gclientfakes.FakeContainer), nil
		}
		step := newStepContext(ctx)
		amending := &amendingClient{Client: client, ctx: step, image: runtime.ImageSpec{ImageURL: reference}, delegate: fetchedWithLogin()}
		_, err := amending.Create(garden.ContainerSpec{Handle: "some-handle"})
		Expect(err).NotTo(HaveOccurred())
		Expect(client.DestroyCallCount()).To(BeZero())
		Eventually(step.Done()).Should(BeClosed(), "resumed")
	})

	Describe("is that of the container's processes", func() {
		var (
			step      *stepContext
			container stepContainer
		)

		BeforeEach(func() {
			ctx := timed()
			step = newStepContext(ctx)
			step.pause()
			Eventually(ctx.Done()).Should(BeClosed())
			says := func(ctx context.Context, _ *runtimetest.Process) error { return ctx.Err() }
			ran := runtimetest.NewContainer().WithProcess(runtime.ProcessSpec{ID: "some-process"}, runtimetest.ProcessStub{Attachable: true, Do: says})
			container = stepContainer{ran, step}
		})

		ended := func() context.Context {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			return ctx
		}

		It("that it runs and attaches to", func() {
			ran, err := container.Run(ended(), runtime.ProcessSpec{ID: "some-process"}, runtime.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			_, err = ran.Wait(ended())
			Expect(err).NotTo(HaveOccurred())

			attached, err := container.Attach(ended(), "some-process", runtime.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			step.end(errors.New("aborted"))
			_, err = attached.Wait(context.Background())
			Expect(err).To(MatchError("aborted"))
		})

		It("and of none that is not there", func() {
			process, err := container.Attach(context.Background(), "other", runtime.ProcessIO{})
			Expect(err).To(HaveOccurred())
			Expect(process).To(BeNil())
		})
	})

	It("has the values of the step's, which logs and traces go by", func() {
		type key struct{}
		Expect(newStepContext(context.WithValue(context.Background(), key{}, "some-value")).Value(key{})).To(Equal("some-value"))
	})
})
