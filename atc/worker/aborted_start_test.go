package worker

import (
	"context"
	"errors"

	"code.cloudfoundry.org/garden"
	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/concourse/concourse/atc/runtime"
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
		amending = &amendingClient{Client: client, ctx: context.Background(), image: runtime.ImageSpec{ImageURL: reference}, delegate: fetched, properties: garden.Properties{"ours": "some-value"}}
	})

	// abortedWhileCreating returns the error of a step that is aborted while its
	// pod starts, which then fails or, just before, has succeeded.
	abortedWhileCreating := func(container gclient.Container, err error) error {
		GinkgoHelper()
		ctx, abort := context.WithCancel(context.Background())
		amending.ctx = ctx
		gone := make(chan struct{})
		client.DestroyStub = func(string) error { close(gone); return nil }
		client.CreateStub = func(garden.ContainerSpec) (gclient.Container, error) {
			abort()
			<-gone
			return container, err
		}
		created, err := amending.Create(garden.ContainerSpec{Handle: "some-handle"})
		Expect(created).To(BeNil())
		Expect(client.CreateCallCount()).To(Equal(1))
		Expect(client.DestroyCallCount()).To(Equal(1))
		Expect(client.DestroyArgsForCall(0)).To(Equal("some-handle"))
		return err
	}

	It("does not wait for the pod to be gone", func() {
		ctx, abort := context.WithCancel(context.Background())
		amending.ctx = ctx
		told, gone := make(chan struct{}), make(chan struct{})
		DeferCleanup(func() { close(gone) })
		client.DestroyStub = func(string) error { close(told); <-gone; return nil }
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
		ctx, abort := context.WithCancel(context.Background())
		amending.ctx = ctx
		heard := make(chan struct{})
		client.DestroyStub = func(handle string) error {
			if client.DestroyCallCount() < 3 {
				return garden.ContainerNotFoundError{Handle: handle}
			}
			close(heard)
			return nil
		}
		client.CreateStub = func(garden.ContainerSpec) (gclient.Container, error) {
			abort()
			Eventually(heard).Should(BeClosed())
			return nil, errors.New("destroyed while it was starting")
		}
		_, err := amending.Create(garden.ContainerSpec{Handle: "some-handle"})
		Expect(err).To(MatchError(context.Canceled))
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
