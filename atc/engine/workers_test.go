package engine

import (
	"errors"
	"slices"

	"github.com/concourse/concourse"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/db/dbfakes"
	"github.com/concourse/concourse/atc/exec/execfakes"
	"github.com/concourse/concourse/atc/worker"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// workerOption makes a fake worker another one than a running, shared Linux
// worker without tags.
type workerOption func(*dbfakes.FakeWorker)

func tagged(tags ...string) workerOption {
	return func(fake *dbfakes.FakeWorker) { fake.TagsReturns(tags) }
}

func inState(state db.WorkerState) workerOption {
	return func(fake *dbfakes.FakeWorker) { fake.StateReturns(state) }
}

func on(platform string) workerOption {
	return func(fake *dbfakes.FakeWorker) { fake.PlatformReturns(platform) }
}

func ofTeam(id int) workerOption {
	return func(fake *dbfakes.FakeWorker) { fake.TeamIDReturns(id) }
}

func atVersion(version string) workerOption {
	return func(fake *dbfakes.FakeWorker) { fake.VersionReturns(&version) }
}

func without(resourceType string) workerOption {
	return func(fake *dbfakes.FakeWorker) {
		fake.ResourceTypesReturns(slices.DeleteFunc(fake.ResourceTypes(), func(each atc.WorkerResourceType) bool {
			return each.Type == resourceType
		}))
	}
}

func fakeWorker(name, image string, options []workerOption) db.Worker {
	fake := new(dbfakes.FakeWorker)
	fake.NameReturns(name)
	fake.StateReturns(db.WorkerStateRunning)
	fake.PlatformReturns("linux")
	fake.VersionReturns(new(concourse.WorkerVersion))
	fake.ResourceTypesReturns([]atc.WorkerResourceType{{Type: "registry-image", Image: image}, {Type: "git", Image: image}})
	for _, option := range options {
		option(fake)
	}
	return fake
}

func kubernetesWorker(options ...workerOption) db.Worker {
	return fakeWorker("some-kubernetes-worker", "docker:///registry-image", options)
}

func containerdWorker(options ...workerOption) db.Worker {
	return fakeWorker("some-containerd-worker", "/opt/registry-image/rootfs.tgz", options)
}

var _ = Describe("the mode auto", func() {
	const (
		native   = true
		physical = false
	)

	var f *fixture

	BeforeEach(func() {
		f = newFixture()
		f.mode = NativeImageFetchAuto
	})

	// isNative fetches the image of a step with these tags.
	isNative := func(ctx SpecContext, tags atc.Tags, workers ...db.Worker) bool {
		GinkgoHelper()
		f.workers.WorkersReturns(workers, nil)
		delegate := f.factory().newBuildStepDelegate(f.build, "1", worker.Spec{Tags: tags, TeamID: 7, ResourceType: "registry-image"}, f.state(), f.upstream)
		f.get.Get.Tags = tags
		image, _, err := delegate.FetchImage(ctx, f.get, f.check, false)
		Expect(err).NotTo(HaveOccurred())
		return image.ImageURL != ""
	}

	DescribeTable("leaves an image to the kubelet where every worker that could take the step is a Kubernetes worker",
		func(ctx SpecContext, expected bool, workers ...db.Worker) {
			Expect(isNative(ctx, nil, workers...)).To(Equal(expected))
		},
		Entry("one", native, kubernetesWorker()),
		Entry("several", native, kubernetesWorker(), kubernetesWorker()),
		Entry("none at all", physical),
		Entry("no Kubernetes worker", physical, containerdWorker()),
		Entry("mixed", physical, kubernetesWorker(), containerdWorker()),
		Entry("mixed, in the other order", physical, containerdWorker(), kubernetesWorker()),

		Entry("another with tags, for a step without", native, kubernetesWorker(), containerdWorker(tagged("gpu"))),
		Entry("tags on it, for a step without", physical, kubernetesWorker(tagged("gpu")), containerdWorker()),

		Entry("another without the step's base type", native, kubernetesWorker(), containerdWorker(without("registry-image"))),
		Entry("it lacks the step's base type, another does not", physical, kubernetesWorker(without("registry-image")), containerdWorker()),
		Entry("another of a later version", physical, kubernetesWorker(), containerdWorker(atVersion("2.99"))),
		Entry("another that is too old", native, kubernetesWorker(), containerdWorker(atVersion("2.0"))),
		Entry("another that is too new", native, kubernetesWorker(), containerdWorker(atVersion("3.0"))),
		Entry("it is too old", physical, kubernetesWorker(atVersion("2.0")), containerdWorker()),
		Entry("another without a sensible version", native, kubernetesWorker(), containerdWorker(atVersion("x y"))),
		Entry("another that lands", native, kubernetesWorker(), containerdWorker(inState(db.WorkerStateLanding))),
		Entry("another that has landed", native, kubernetesWorker(), containerdWorker(inState(db.WorkerStateLanded))),
		Entry("another that retires", native, kubernetesWorker(), containerdWorker(inState(db.WorkerStateRetiring))),
		Entry("another that is stalled", native, kubernetesWorker(), containerdWorker(inState(db.WorkerStateStalled))),
		Entry("it is stalled and another runs", physical, kubernetesWorker(inState(db.WorkerStateStalled)), containerdWorker()),
		Entry("it is stalled and the only one", physical, kubernetesWorker(inState(db.WorkerStateStalled))),

		Entry("the team's own, and another that is shared", native, kubernetesWorker(ofTeam(7)), containerdWorker()),
		Entry("another that is the team's own", physical, kubernetesWorker(), containerdWorker(ofTeam(7))),
		Entry("another that is another team's own", native, kubernetesWorker(), containerdWorker(ofTeam(8))),
		Entry("another that is the team's own but stalled", native, kubernetesWorker(), containerdWorker(ofTeam(7), inState(db.WorkerStateStalled))),
		Entry("another that is the team's own but has tags", native, kubernetesWorker(), containerdWorker(ofTeam(7), tagged("gpu"))),
	)

	DescribeTable("looks at the workers that have all the tags of the step",
		func(ctx SpecContext, expected bool, workers ...db.Worker) {
			Expect(isNative(ctx, atc.Tags{"gpu", "big"}, workers...)).To(Equal(expected))
		},
		Entry("all tags and another without", native, kubernetesWorker(tagged("gpu", "big", "new")), containerdWorker()),
		Entry("all tags and another with some", native, kubernetesWorker(tagged("big", "gpu")), containerdWorker(tagged("gpu"))),
		Entry("all tags on both", physical, kubernetesWorker(tagged("big", "gpu")), containerdWorker(tagged("gpu", "big"))),
		Entry("no tags", physical, kubernetesWorker()),
	)

	DescribeTable("looks at the workers of a task's platform, whatever base types they have",
		func(ctx SpecContext, platform string, expected bool, workers ...db.Worker) {
			f.workers.WorkersReturns(workers, nil)
			images := f.factory().newBuildStepDelegate(f.build, "1", worker.Spec{TeamID: 7}, f.state(), f.upstream)
			upstream := new(execfakes.FakeTaskDelegate)
			delegate := newTaskDelegate(upstream, images)

			delegate.SetTaskConfig(atc.TaskConfig{Platform: platform})
			Expect(upstream.SetTaskConfigArgsForCall(0)).To(Equal(atc.TaskConfig{Platform: platform}))
			image, err := delegate.FetchImage(ctx, atc.ImageResource{Type: "registry-image", Source: f.get.Get.Source, Version: atc.Version{"digest": digest}}, nil, false, nil, false)
			Expect(err).NotTo(HaveOccurred())
			Expect(image.ImageURL != "").To(Equal(expected))
		},
		Entry("another of another platform", "linux", native, kubernetesWorker(), containerdWorker(on("darwin"))),
		Entry("a task of the other platform", "darwin", physical, kubernetesWorker(), containerdWorker(on("darwin"))),
		Entry("another without registry-image", "linux", physical, kubernetesWorker(), containerdWorker(without("registry-image"))),
	)

	It("notices workers that join and leave", func(ctx SpecContext) {
		Expect(isNative(ctx, nil, kubernetesWorker())).To(Equal(native))
		Expect(isNative(ctx, nil, kubernetesWorker(), containerdWorker())).To(Equal(physical))
		Expect(isNative(ctx, nil, kubernetesWorker())).To(Equal(native))
	})

	It("notices them between two images of one step", func(ctx SpecContext) {
		f.workers.WorkersReturnsOnCall(0, []db.Worker{kubernetesWorker()}, nil)
		f.workers.WorkersReturnsOnCall(1, []db.Worker{containerdWorker()}, nil)
		Expect(f.fetched(ctx).ImageURL).NotTo(BeEmpty())
		_, _, err := f.delegate.FetchImage(ctx, f.get, f.check, false)
		Expect(err).NotTo(HaveOccurred())
		Expect(f.upstream.FetchImageCallCount()).To(Equal(1))
		Expect(f.delegate.NativeImages()).To(BeEmpty())
	})

	It("fails where the workers can't be listed", func(ctx SpecContext) {
		f.workers.WorkersReturns(nil, errors.New("nope"))
		Expect(f.fetchError(ctx)).To(MatchError(And(ContainSubstring("list the workers"), ContainSubstring("nope"))))
		Expect(f.upstream.FetchImageCallCount()).To(BeZero())
	})

	It("says in one line which other worker is in the way, where Kubernetes workers and others are mixed", func(ctx SpecContext) {
		f.workers.WorkersReturns([]db.Worker{kubernetesWorker(), containerdWorker()}, nil)
		f.expectPhysical(ctx)
		Expect(f.lines()).To(ConsistOf(And(
			HavePrefix("image image is fetched into a volume, not pulled by the kubelet: "),
			ContainSubstring("some-containerd-worker"),
			ContainSubstring("give the workers different tags"),
			Not(ContainSubstring("always")), // with which the step would fail on that worker
		)))
	})

	DescribeTable("says nothing where no Kubernetes worker could take the step",
		func(ctx SpecContext, workers ...db.Worker) {
			f.workers.WorkersReturns(workers, nil)
			f.get.Get.Source["insecure"] = true
			f.expectPhysical(ctx)
			Expect(f.lines()).To(BeEmpty())
		},
		Entry("others", containerdWorker(), containerdWorker()),
		Entry("others, and one with tags", containerdWorker(), kubernetesWorker(tagged("gpu"))),
	)

	It("says in one line that it can't tell, where no worker could take the step at this moment", func(ctx SpecContext) {
		f.workers.WorkersReturns([]db.Worker{kubernetesWorker(inState(db.WorkerStateStalled))}, nil)
		f.expectPhysical(ctx)
		Expect(f.lines()).To(ConsistOf(And(
			HavePrefix("image image is fetched into a volume, not pulled by the kubelet: "),
			ContainSubstring("no worker that could take the step runs at this moment"),
			ContainSubstring("--native-image-fetch=always"),
		)))
	})

	DescribeTable("is the only mode that asks for the workers",
		func(ctx SpecContext, mode NativeImageFetchMode) {
			f.mode = mode
			_, _, err := f.fetch(ctx)
			Expect(err).NotTo(HaveOccurred())
			Expect(f.workers.WorkersCallCount()).To(BeZero())
		},
		Entry(nil, NativeImageFetchAlways),
		Entry(nil, NativeImageFetchNever),
	)

	It("does not ask for them for an image of another type", func(ctx SpecContext) {
		f.get.Get.Type = "docker-image"
		f.expectPhysical(ctx)
		Expect(f.workers.WorkersCallCount()).To(BeZero())
	})
})
