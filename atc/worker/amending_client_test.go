package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"code.cloudfoundry.org/clock/fakeclock"
	"code.cloudfoundry.org/garden"
	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/concourse/concourse-kubernetes/atc/steptimeout"
	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse/atc/runtime"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient/gclientfakes"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// delegate is the delegate of a step whose image was fetched natively.
type delegate struct {
	runtime.BuildStepDelegate
	images []registryimage.Image
	failed []string
}

func (d *delegate) NativeImages() []registryimage.Image { return d.images }

func (d *delegate) PullFailed(image, next registryimage.Image, err error) {
	d.failed = append(d.failed, fmt.Sprint(image.Reference, " ", next.Reference, " ", err))
}

func fetchedWithLogin() *delegate {
	return &delegate{images: []registryimage.Image{{Reference: reference, Username: "some-user", Password: "some-secret"}}}
}

// amendingFor returns the client of a step whose image was fetched natively.
func amendingFor(client gclient.Client, delegate runtime.BuildStepDelegate) *amendingClient {
	return &amendingClient{
		Client:     client,
		ctx:        context.Background(),
		image:      runtime.ImageSpec{ImageURL: reference},
		delegate:   delegate,
		properties: garden.Properties{"ours": "some-value"},
		awaitStart: 5 * time.Second,
		clock:      fakeclock.NewFakeClock(time.Now()),
	}
}

var _ = Describe("the Garden client of a step", func() {
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

	create := func(spec garden.ContainerSpec) (garden.ContainerSpec, gclient.Container) {
		GinkgoHelper()
		container, err := amending.Create(spec)
		Expect(err).NotTo(HaveOccurred())
		Expect(client.CreateCallCount()).To(Equal(1))
		return client.CreateArgsForCall(0), container
	}

	It("returns the container that Garden made, with all that upstream asked of it", func() {
		spec, container := create(garden.ContainerSpec{Handle: "some-handle", Env: []string{"A=B"}, RootFSPath: reference})
		Expect(container).To(BeIdenticalTo(made))
		Expect(spec.Handle).To(Equal("some-handle"))
		Expect(spec.Env).To(Equal([]string{"A=B"}))
	})

	It("adds properties where upstream has none, and beside upstream's", func() {
		spec, _ := create(garden.ContainerSpec{})
		Expect(spec.Properties).To(Equal(garden.Properties{"ours": "some-value", contract.AwaitStart: "5s"}))
	})

	It("changes nothing but the properties of a container from a volume", func() {
		amending.image = runtime.ImageSpec{}
		upstreams := garden.ContainerSpec{RootFSPath: "raw:///some-volume", Privileged: true, Properties: garden.Properties{"user": "root"}}
		spec, _ := create(upstreams)
		Expect(spec.Properties).To(HaveLen(3))
		spec.Properties = upstreams.Properties
		Expect(spec).To(Equal(upstreams))
	})

	DescribeTable("gives an image that is a URL the privileges of its spec",
		func(image string, privileged bool) {
			amending.image = runtime.ImageSpec{ImageURL: image, Privileged: privileged}
			spec, _ := create(garden.ContainerSpec{RootFSPath: image, Privileged: !privileged})
			Expect(spec.Privileged).To(Equal(privileged))
		},
		Entry("a reference", reference, true),
		Entry("a reference, not privileged", reference, false),
		Entry("a rootfs_uri", "docker:///busybox", true),
	)

	DescribeTable("has no login for a reference",
		func(change func()) {
			change()
			spec, _ := create(garden.ContainerSpec{})
			Expect(spec.RootFSPath).To(Equal("docker:///" + reference))
			Expect(spec.Image).To(Equal(garden.ImageRef{URI: "docker:///" + reference}))
		},
		Entry("that a delegate without images has", func() { amending.delegate = nil }),
		Entry("that was not fetched natively", func() { fetched.images = nil }),
		Entry("other than the one fetched last", func() { fetched.images[0].Reference = "ghcr.io/other" }),
	)

	It("returns Garden's error where there is one registry, which is no failed pull", func() {
		client.CreateReturns(nil, errors.New("no such image"))
		_, err := amending.Create(garden.ContainerSpec{})
		Expect(err).To(MatchError("no such image"))
		Expect(client.CreateCallCount()).To(Equal(1))
		Expect(fetched.failed).To(BeEmpty())
	})

	It("has the clock of the step's timeout stand while Garden creates the container", func() {
		const timeout = 100 * time.Millisecond
		step, leave := steptimeout.New(context.Background(), timeout)
		DeferCleanup(leave)
		amending.ctx = step
		steptimeout.Run(step)
		client.CreateStub = func(garden.ContainerSpec) (gclient.Container, error) {
			Consistently(step.Done(), 2*timeout).ShouldNot(BeClosed())
			return made, nil
		}
		_, err := amending.Create(garden.ContainerSpec{Handle: "some-handle"})
		Expect(err).NotTo(HaveOccurred())
		Expect(client.DestroyCallCount()).To(BeZero())
		Eventually(step.Done()).Should(BeClosed(), "the clock runs again")
	})

	Describe("with a registry_mirror", func() {
		BeforeEach(func() {
			amending.image.ImageURL = "mirror/b"
			fetched.images = []registryimage.Image{
				{Reference: "mirror/b", Username: "mirror-user", Password: "mirror-secret"},
				{Reference: "origin/b"},
			}
		})

		It("has the image from the mirror", func() {
			spec, _ := create(garden.ContainerSpec{})
			Expect(spec.Image).To(Equal(garden.ImageRef{URI: "docker:///mirror/b", Username: "mirror-user", Password: "mirror-secret"}))
			Expect(fetched.failed).To(BeEmpty())
		})

		It("has it from its own registry when the mirror fails, which is said, with no login of the mirror", func() {
			client.CreateReturnsOnCall(0, nil, errors.New("start pod: ErrImagePull: no such image"))
			container, err := amending.Create(garden.ContainerSpec{Handle: "some-handle"})
			Expect(err).NotTo(HaveOccurred())
			Expect(container).To(BeIdenticalTo(made))

			second := client.CreateArgsForCall(1)
			Expect(second.RootFSPath).To(Equal("docker:///origin/b"))
			Expect(second.Image).To(Equal(garden.ImageRef{URI: "docker:///origin/b"}))
			Expect(second.Handle).To(Equal("some-handle"))
			Expect(second.Properties).To(HaveKeyWithValue("ours", "some-value"))
			Expect(fetched.failed).To(Equal([]string{"mirror/b origin/b start pod: ErrImagePull: no such image"}))
		})

		It("is not tried elsewhere when something else than the pull failed", func() {
			client.CreateReturnsOnCall(0, nil, errors.New("start pod: exceeded quota"))
			_, err := amending.Create(garden.ContainerSpec{})
			Expect(err).To(MatchError("start pod: exceeded quota"))
			Expect(client.CreateCallCount()).To(Equal(1))
			Expect(fetched.failed).To(BeEmpty())
		})

		It("fails with the error of the last when none has it", func() {
			client.CreateReturnsOnCall(0, nil, errors.New("ImagePullBackOff: of the mirror"))
			client.CreateReturnsOnCall(1, nil, errors.New("ErrImagePull: of the origin"))
			_, err := amending.Create(garden.ContainerSpec{})
			Expect(err).To(MatchError("ErrImagePull: of the origin"))
			Expect(client.CreateCallCount()).To(Equal(2))
			Expect(fetched.failed).To(HaveLen(1))
		})
	})
})
