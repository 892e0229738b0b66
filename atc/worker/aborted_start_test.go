package worker

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"code.cloudfoundry.org/garden"
	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/concourse/concourse-kubernetes/atc/steptimeout"
	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient/gclientfakes"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the Garden client of a step that ends while its pod starts", func() {
	var (
		client   *gclientfakes.FakeClient
		amending *amendingClient
		fetched  *delegate
		made     *gclientfakes.FakeContainer
	)

	BeforeEach(func() {
		client = new(gclientfakes.FakeClient)
		made = new(gclientfakes.FakeContainer)
		client.CreateReturns(made, nil)
		fetched = fetchedWithLogin()
		amending = amendingFor(client, fetched)
	})

	// stepThat has the step of the client end when it is aborted.
	stepThat := func() (abort context.CancelFunc) {
		ctx, abort := context.WithCancel(context.Background())
		DeferCleanup(abort)
		amending.ctx = ctx
		return abort
	}

	// abortedWhileCreating returns the error of a step that is aborted while its
	// pod starts, which then fails or, just before, has succeeded.
	abortedWhileCreating := func(container gclient.Container, err error) error {
		GinkgoHelper()
		abort := stepThat()
		told := make(chan struct{}, 10)
		client.DestroyStub = func(string) error { told <- struct{}{}; return nil }
		client.CreateStub = func(garden.ContainerSpec) (gclient.Container, error) {
			abort()
			<-told
			return container, err
		}
		created, err := amending.Create(garden.ContainerSpec{Handle: "some-handle"})
		Expect(created).To(BeNil())
		Expect(client.CreateCallCount()).To(Equal(1))
		Eventually(client.DestroyCallCount).Should(Equal(2), "the last one after Create was answered")
		Expect(client.DestroyArgsForCall(0)).To(Equal("some-handle"))
		Expect(client.DestroyArgsForCall(1)).To(Equal("some-handle"))
		return err
	}

	It("does not wait for the pod to be gone", func() {
		abort := stepThat()
		told, gone := make(chan struct{}, 10), make(chan struct{})
		DeferCleanup(func() { close(gone) })
		client.DestroyStub = func(string) error { told <- struct{}{}; <-gone; return nil }
		client.CreateStub = func(garden.ContainerSpec) (gclient.Container, error) {
			abort()
			<-told
			return nil, errors.New("destroyed while it was starting")
		}
		ended := make(chan error)
		go func() {
			_, err := amending.Create(garden.ContainerSpec{Handle: "some-handle"})
			ended <- err
		}()
		Eventually(ended).Should(Receive(MatchError(context.Canceled)))
	})

	It("tells the worker again, which may hear of the end before it hears of the container", func() {
		abort := stepThat()
		heard := make(chan struct{}, 10)
		client.DestroyStub = func(handle string) error {
			if client.DestroyCallCount() < 3 {
				return garden.ContainerNotFoundError{Handle: handle}
			}
			heard <- struct{}{}
			return nil
		}
		client.CreateStub = func(garden.ContainerSpec) (gclient.Container, error) {
			abort()
			Eventually(heard).Should(Receive())
			return nil, errors.New("destroyed while it was starting")
		}
		_, err := amending.Create(garden.ContainerSpec{Handle: "some-handle"})
		Expect(err).To(MatchError(context.Canceled))
		Eventually(heard).Should(Receive(), "and once more after Create was answered")
	})

	It("tells the worker once more after a request that came to it after the end", func() {
		abort := stepThat()
		var known atomic.Bool
		told := make(chan bool, 10)
		client.DestroyStub = func(handle string) error {
			told <- known.Load()
			if !known.Load() {
				return garden.ContainerNotFoundError{Handle: handle}
			}
			return nil
		}
		client.CreateStub = func(garden.ContainerSpec) (gclient.Container, error) {
			abort()
			<-told
			known.Store(true)
			return nil, contract.StillStarting{Handle: "some-handle"}
		}
		_, err := amending.Create(garden.ContainerSpec{Handle: "some-handle"})
		Expect(err).To(MatchError(context.Canceled))
		Eventually(told).Should(Receive(BeTrue()))
		Expect(client.CreateCallCount()).To(Equal(1), "it asks for no container any more")
	})

	It("destroys the pod where the end and the worker's answer come together", func() {
		step, abort := steptimeout.New(context.Background(), time.Hour)
		amending.ctx = step
		client.CreateStub = func(garden.ContainerSpec) (gclient.Container, error) {
			abort()
			return nil, contract.StillStarting{Handle: "some-handle"}
		}
		_, err := amending.Create(garden.ContainerSpec{Handle: "some-handle"})
		Expect(err).To(MatchError(context.Canceled))
		Eventually(client.DestroyCallCount).Should(BeNumerically(">", 0))
		Expect(client.CreateCallCount()).To(Equal(1))
	})

	DescribeTable("destroys the pod, and is aborted rather than failed",
		func(image string) {
			amending.image.ImageURL = image
			Expect(abortedWhileCreating(nil, errors.New("destroyed while it was starting"))).To(MatchError(context.Canceled))
		},
		Entry("a reference", reference),
		Entry("a base resource type", "docker:///git-resource"),
		Entry("a volume", ""),
	)

	It("destroys one that has started at that moment", func() {
		Expect(abortedWhileCreating(made, nil)).To(MatchError(context.Canceled))
	})

	It("tries no other registry", func() {
		fetched.images = append(fetched.images, registryimage.Image{Reference: "origin/b"})
		Expect(abortedWhileCreating(nil, errors.New("destroyed while it was starting"))).To(MatchError(context.Canceled))
		Expect(fetched.failed).To(BeEmpty())
	})

	It("creates nothing where it had ended before", func() {
		ctx, abort := context.WithCancel(context.Background())
		abort()
		amending.ctx = ctx
		_, err := amending.Create(garden.ContainerSpec{Handle: "some-handle"})
		Expect(err).To(MatchError(context.Canceled))
		Expect(client.CreateCallCount()).To(BeZero())
	})
})
