package worker

import (
	"context"
	"errors"
	"strings"
	"time"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3/lagerctx"
	"code.cloudfoundry.org/lager/v3/lagertest"
	"github.com/concourse/concourse-kubernetes/atc/steptimeout"
	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/db/dbfakes"
	"github.com/concourse/concourse/atc/runtime"
	"github.com/concourse/concourse/atc/runtime/runtimetest"
	"github.com/concourse/concourse/atc/worker/gardenruntime"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient/gclientfakes"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const reference = "ghcr.io/a/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func workerWith(types ...atc.WorkerResourceType) *dbfakes.FakeWorker {
	fake := new(dbfakes.FakeWorker)
	fake.NameReturns("some-worker")
	fake.ResourceTypesReturns(types)
	return fake
}

var _ = Describe("IsKubernetes", func() {
	DescribeTable("looks at the images that the worker advertises",
		func(expected bool, images ...string) {
			var types []atc.WorkerResourceType
			for _, image := range images {
				types = append(types, atc.WorkerResourceType{Type: "some-type", Image: image})
			}
			Expect(IsKubernetes(workerWith(types...))).To(Equal(expected))
		},
		Entry("references", true, "docker:///a", "docker:///b"),
		Entry("archives", false, "/usr/local/a/rootfs.tgz"),
		Entry("some of both", false, "docker:///a", "/usr/local/b/rootfs.tgz"),
		Entry("none", false),
	)
})

var _ = Describe("Worker", func() {
	var metadata db.ContainerMetadata

	BeforeEach(func() {
		metadata = db.ContainerMetadata{
			Type: db.ContainerTypeTask, PipelineName: "some-pipeline", PipelineInstanceVars: `{"branch":"main","version":1}`, JobName: "some-job", BuildName: "7", StepName: "some-step",
		}
	})

	// created returns what Garden is asked to create for an image of a step.
	created := func(image runtime.ImageSpec, types ...atc.WorkerResourceType) garden.ContainerSpec {
		GinkgoHelper()
		client := new(gclientfakes.FakeClient)
		w := newWorker(workerWith(types...), client, 5*time.Second, func(client gclient.Client) *gardenruntime.Worker { return nil })

		amending := w.amending(context.Background(), metadata, runtime.ContainerSpec{TeamName: "some-team", ImageSpec: w.referenceOfBaseType(image)}, fetchedWithLogin())
		_, err := amending.Create(garden.ContainerSpec{
			RootFSPath: w.referenceOfBaseType(image).ImageURL,
			Properties: garden.Properties{"user": "someone"},
		})
		Expect(err).NotTo(HaveOccurred())
		return client.CreateArgsForCall(0)
	}

	It("hands a reference and its login to Garden, apart from each other", func() {
		spec := created(runtime.ImageSpec{ImageURL: reference})
		Expect(spec.RootFSPath).To(Equal("docker:///" + reference))
		Expect(spec.Image).To(Equal(garden.ImageRef{URI: "docker:///" + reference, Username: "some-user", Password: "some-secret"}))
		Expect(spec.Privileged).To(BeFalse())
	})

	It("gives the login to no other image than the one that was fetched with it", func() {
		Expect(created(runtime.ImageSpec{ImageURL: "ghcr.io/other@sha256:1"}).Image).To(Equal(garden.ImageRef{URI: "docker:///ghcr.io/other@sha256:1"}))
	})

	It("keeps a privileged image privileged", func() {
		Expect(created(runtime.ImageSpec{ImageURL: reference, Privileged: true}).Privileged).To(BeTrue())
	})

	It("gives the login of a step's image to no base resource type", func() {
		spec := created(runtime.ImageSpec{ResourceType: "git"}, atc.WorkerResourceType{Type: "git", Image: "docker:///git-resource", Privileged: true})
		Expect(spec.RootFSPath).To(Equal("docker:///git-resource"))
		Expect(spec.Privileged).To(BeTrue())
		Expect(spec.Image).To(BeZero())
	})

	It("leaves a rootfs_uri as it is", func() {
		spec := created(runtime.ImageSpec{ImageURL: "docker:///busybox"})
		Expect(spec.RootFSPath).To(Equal("docker:///busybox"))
		Expect(spec.Image).To(BeZero())
	})

	DescribeTable("refuses a rootfs_uri that is no image, and creates nothing",
		func(ctx SpecContext, rootfsURI string) {
			client := new(gclientfakes.FakeClient)
			w := newWorker(workerWith(), client, 5*time.Second, func(gclient.Client) *gardenruntime.Worker { return nil })
			spec := runtime.ContainerSpec{ImageSpec: runtime.ImageSpec{ImageURL: rootfsURI}}
			_, _, err := w.FindOrCreateContainer(ctx, nil, db.ContainerMetadata{}, spec, &delegate{})
			Expect(err).To(MatchError(And(HavePrefix("rootfs_uri: "), ContainSubstring("runs images only: write docker:///REPOSITORY"))))
			Expect(client.CreateCallCount()).To(BeZero())
		},
		Entry("a directory of the node", "raw:///etc"),
		Entry("a directory of the node, in capitals", "RAW:///etc"),
		Entry("a volume", "raw:///var/lib/concourse/volumes/live/of-another-team/volume"),
		Entry("a file", "file:///etc"),
		Entry("a registry", "https://registry.example.com/image"),
		Entry("no scheme at all", ":///etc"),
	)

	It("tells the worker what the container is for, beside upstream's properties", func() {
		Expect(created(runtime.ImageSpec{ImageURL: reference}).Properties).To(Equal(garden.Properties{
			"user":            "someone",
			contract.Team:     "some-team",
			contract.Pipeline: "some-pipeline",
			contract.Job:      "some-job",
			contract.Build:    "7",
			contract.Step:     "some-step",
			contract.Type:     "task",

			contract.InstanceVars: "branch:main,version:1",

			contract.AwaitStart: "5s",
		}))
	})

	It("sends no more of a name than a pod may show", func() {
		metadata.StepName = strings.Repeat("ü", 1<<20)
		metadata.PipelineInstanceVars = `{"branch":"` + strings.Repeat("b", 1<<20) + `"}`
		properties := created(runtime.ImageSpec{ImageURL: reference}).Properties
		Expect(properties).To(HaveLen(9))
		for name, value := range properties {
			Expect(len(value)).To(BeNumerically("<=", contract.MaxLength), name)
		}
		Expect(properties[contract.Step]).To(HavePrefix("üü"))
		Expect(properties[contract.InstanceVars]).To(HavePrefix("branch:bb"))
	})

	It("leaves a base resource type that the worker lacks to upstream", func() {
		w := newWorker(workerWith(), nil, 0, func(gclient.Client) *gardenruntime.Worker { return nil })
		Expect(w.referenceOfBaseType(runtime.ImageSpec{ResourceType: "git"})).To(Equal(runtime.ImageSpec{ResourceType: "git"}))
	})
})

var _ = Describe("the timeout of a step", func() {
	DescribeTable("begins to count when a worker is asked for the container",
		func(workerOf func(*dbfakes.FakeWorker) runtime.Worker) {
			fake := workerWith()
			fake.FindContainerReturns(nil, nil, errors.New("no database in a unit spec"))
			step, leave := steptimeout.New(lagerctx.NewContext(context.Background(), lagertest.NewTestLogger("test")), time.Millisecond)
			DeferCleanup(leave)
			Consistently(step.Done(), "50ms").ShouldNot(BeClosed())

			_, _, err := workerOf(fake).FindOrCreateContainer(step, nil, db.ContainerMetadata{}, runtime.ContainerSpec{}, nil)
			Expect(err).To(MatchError(ContainSubstring("no database in a unit spec")))
			Eventually(step.Done()).Should(BeClosed())
		},
		Entry("a Kubernetes worker", func(fake *dbfakes.FakeWorker) runtime.Worker {
			return newWorker(fake, nil, 0, func(client gclient.Client) *gardenruntime.Worker {
				return gardenruntime.NewWorker(fake, client, nil, gardenruntime.DB{}, nil)
			})
		}),
		Entry("a worker of another runtime", func(fake *dbfakes.FakeWorker) runtime.Worker {
			return otherWorker{gardenruntime.NewWorker(fake, nil, nil, gardenruntime.DB{}, nil), fake}
		}),
	)
})

var _ = Describe("a worker of another runtime", func() {
	It("refuses an image that was left to a kubelet", func(ctx SpecContext) {
		other := otherWorker{runtimetest.NewWorker("some-worker"), new(dbfakes.FakeWorker)}
		spec := runtime.ContainerSpec{ImageSpec: runtime.ImageSpec{ImageURL: reference}}

		_, _, err := other.FindOrCreateContainer(ctx, nil, db.ContainerMetadata{}, spec, fetchedWithLogin())
		Expect(err).To(MatchError(And(ContainSubstring(reference), ContainSubstring("some-worker"), ContainSubstring("not a Kubernetes worker"))))
	})

	It("has a check run in the container of an earlier one, which needs no image any more", func(ctx SpecContext) {
		owner := db.NewFixedHandleContainerOwner("some-check")
		dbWorker := new(dbfakes.FakeWorker)
		dbWorker.FindContainerReturns(nil, new(dbfakes.FakeCreatedContainer), nil)
		upstreams := runtimetest.NewWorker("some-worker").WithContainer(owner, runtimetest.NewContainer(), nil)
		spec := runtime.ContainerSpec{ImageSpec: runtime.ImageSpec{ImageURL: reference}}

		container, _, err := otherWorker{upstreams, dbWorker}.FindOrCreateContainer(ctx, owner, db.ContainerMetadata{}, spec, fetchedWithLogin())
		Expect(err).NotTo(HaveOccurred())
		Expect(container).NotTo(BeNil())
		Expect(dbWorker.FindContainerArgsForCall(0)).To(Equal(owner))
	})

	It("says so where it can't be known whether there is such a container", func(ctx SpecContext) {
		dbWorker := new(dbfakes.FakeWorker)
		dbWorker.FindContainerReturns(nil, nil, errors.New("nope"))
		spec := runtime.ContainerSpec{ImageSpec: runtime.ImageSpec{ImageURL: reference}}
		_, _, err := otherWorker{runtimetest.NewWorker("some-worker"), dbWorker}.FindOrCreateContainer(ctx, nil, db.ContainerMetadata{}, spec, fetchedWithLogin())
		Expect(err).To(MatchError(And(ContainSubstring("some-worker"), ContainSubstring("nope"))))
	})

	DescribeTable("leaves a rootfs_uri to its runtime, as upstream does",
		func(ctx SpecContext, rootfsURI string) {
			upstreams := runtimetest.NewWorker("some-worker").WithContainer(nil, runtimetest.NewContainer(), nil)
			spec := runtime.ContainerSpec{ImageSpec: runtime.ImageSpec{ImageURL: rootfsURI}}

			container, _, err := otherWorker{upstreams, nil}.FindOrCreateContainer(ctx, nil, db.ContainerMetadata{}, spec, &delegate{})
			Expect(err).NotTo(HaveOccurred())
			Expect(container).NotTo(BeNil())
		},
		Entry("a URI", "raw:///some/rootfs"),
		Entry("a path, which Guardian takes", "/some/rootfs"),
	)
})
