package engine

import (
	"github.com/concourse/concourse-kubernetes/atc/worker"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/engine"
	"github.com/concourse/concourse/atc/engine/enginefakes"
	"github.com/concourse/concourse/atc/exec"
	"github.com/concourse/concourse/atc/runtime"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// planOf makes the plan of a step whose image is that of the type.
type planOf func(typeName string, image atc.TypeImage) atc.Plan

func getPlan(typeName string, image atc.TypeImage) atc.Plan {
	return atc.Plan{ID: "1", Get: &atc.GetPlan{Name: "some-get", Type: typeName, Version: &atc.Version{"v": "1"}, TypeImage: image}}
}

func putPlan(typeName string, image atc.TypeImage) atc.Plan {
	return atc.Plan{ID: "1", Put: &atc.PutPlan{Name: "some-put", Type: typeName, TypeImage: image}}
}

func checkPlan(typeName string, image atc.TypeImage) atc.Plan {
	return atc.Plan{ID: "1", Check: &atc.CheckPlan{Name: "some-check", Type: typeName, TypeImage: image}}
}

func taskPlan(config atc.TaskConfig) atc.Plan {
	config.Platform, config.Run = "linux", atc.TaskRunConfig{Path: "true"}
	return atc.Plan{ID: "1", Task: &atc.TaskPlan{Name: "some-task", Config: &config}}
}

var _ = Describe("the steps of a build", func() {
	var s *steps

	BeforeEach(func() { s = newSteps() })

	native := func(reference string, privileged bool) OmegaMatcher {
		return And(
			HaveField("Spec.ImageSpec", runtime.ImageSpec{ImageURL: reference, Privileged: privileged}),
			HaveField("Delegate", WithTransform(
				func(delegate runtime.BuildStepDelegate) any { return delegate.(worker.NativeImages).NativeImages() },
				ConsistOf(And(HaveField("Reference", reference), HaveField("Password", "some-secret"))),
			)),
		)
	}

	types := atc.ResourceTypes{
		{Name: "inner", Type: "registry-image", Privileged: true, Source: atc.Source{"repository": "ghcr.io/inner", "username": "some-user", "password": "((password))"}},
		{Name: "outer", Type: "inner", Source: atc.Source{"some": "source"}},
	}

	DescribeTable("leave the image of a custom type to the kubelet, and bring its login to the worker",
		func(ctx SpecContext, plan planOf) {
			asked := s.container(ctx, s.ours(), plan("inner", types.ImageForType("1", "inner", nil, false)))
			Expect(asked).To(native("ghcr.io/inner@"+digest, true))
		},
		Entry("get", planOf(getPlan)),
		Entry("put", planOf(putPlan)),
		Entry("check", planOf(checkPlan)),
	)

	It("leave the image_resource of a task to the kubelet, and bring its login to the worker", func(ctx SpecContext) {
		image := &atc.ImageResource{Type: "registry-image", Source: types[0].Source}
		Expect(s.container(ctx, s.ours(), taskPlan(atc.TaskConfig{ImageResource: image}))).To(native("ghcr.io/inner@"+digest, false))
	})

	DescribeTable("leave only the image of the inner type to the kubelet, for a custom type on a custom type",
		func(ctx SpecContext, plan planOf) {
			asked := s.container(ctx, s.ours(), plan("outer", types.ImageForType("1", "outer", nil, false)))
			// The outer image needs its check first, which runs in the inner one.
			Expect(asked.Metadata.Type).To(Equal(db.ContainerTypeCheck))
			Expect(asked).To(native("ghcr.io/inner@"+digest, true))
		},
		Entry("get", planOf(getPlan)),
		Entry("put", planOf(putPlan)),
		Entry("check", planOf(checkPlan)),
	)

	It("make the images' caches and versions known to the database", func(ctx SpecContext) {
		s.container(ctx, s.ours(), getPlan("inner", types.ImageForType("1", "inner", nil, false)))
		Expect(s.cachesMade()).To(HaveExactElements(
			And(HaveField("Type", "registry-image"), HaveField("Version", atc.Version{"digest": digest}), HaveField("Parent", BeNil())),
			And(HaveField("Type", "inner"), HaveField("Version", atc.Version{"v": "1"}), HaveField("Parent", BeIdenticalTo(s.cache))),
		))
		Expect(s.build.SaveImageResourceVersionArgsForCall(0)).To(BeIdenticalTo(s.cache))
	})

	DescribeTable("ask for the container that upstream's steps ask for, where no image is to be fetched",
		func(ctx SpecContext, plan atc.Plan) {
			ours := s.container(ctx, s.ours(), plan)
			upstreams := s.container(ctx, s.upstreams(), plan)
			Expect(ours.Metadata).To(Equal(upstreams.Metadata))
			Expect(ours.Spec).To(Equal(upstreams.Spec))
			Expect(ours.Delegate.(worker.NativeImages).NativeImages()).To(BeEmpty())
		},
		Entry("get", getPlan("registry-image", atc.TypeImage{BaseType: "registry-image"})),
		Entry("put", putPlan("registry-image", atc.TypeImage{BaseType: "registry-image"})),
		Entry("check", checkPlan("unchecked", atc.TypeImage{BaseType: "registry-image"})),
		Entry("task", taskPlan(atc.TaskConfig{RootfsURI: "docker:///busybox"})),
	)

	DescribeTable("fetch an image as upstream's steps do, with the flag off",
		func(ctx SpecContext, plan atc.Plan) {
			s.mode = NativeImageFetchNever
			ours := s.container(ctx, s.ours(), plan)
			upstreams := s.container(ctx, s.upstreams(), plan)
			Expect(ours.Metadata).To(Equal(upstreams.Metadata))
			Expect(ours.Spec).To(Equal(upstreams.Spec))
			Expect(ours.Metadata.Type).To(Equal(db.ContainerTypeGet))
			Expect(ours.Metadata.StepName).To(Or(Equal("inner"), Equal("image")))
		},
		Entry("get", getPlan("inner", types.ImageForType("1", "inner", nil, false))),
		Entry("put", putPlan("inner", types.ImageForType("1", "inner", nil, false))),
		Entry("check", checkPlan("inner", types.ImageForType("1", "inner", nil, false))),
		Entry("task", taskPlan(atc.TaskConfig{ImageResource: &atc.ImageResource{Type: "registry-image", Source: types[0].Source}})),
	)

	DescribeTable("are wrapped as upstream's, which report errors and may run again on another worker",
		func(plan atc.Plan, rerun bool) {
			before := atc.EnableBuildRerunWhenWorkerDisappears
			DeferCleanup(func() { atc.EnableBuildRerunWhenWorkerDisappears = before })
			atc.EnableBuildRerunWhenWorkerDisappears = rerun
			Expect(s.ours()(plan)).To(BeAssignableToTypeOf(s.upstreams()(plan)))
		},
		Entry("get", getPlan("", atc.TypeImage{}), false),
		Entry("put", putPlan("", atc.TypeImage{}), false),
		Entry("check", checkPlan("", atc.TypeImage{}), false),
		Entry("task", taskPlan(atc.TaskConfig{}), false),
		Entry("get, again", getPlan("", atc.TypeImage{}), true),
		Entry("put, again", putPlan("", atc.TypeImage{}), true),
		Entry("check, again", checkPlan("", atc.TypeImage{}), true),
		Entry("task, again", taskPlan(atc.TaskConfig{}), true),
	)

	It("refuse a build of another schema, as upstream does", func() {
		s.build.SchemaReturns("exec.v1")
		_, err := NewStepperFactory(&StepFactory{}, "", nil, nil, nil, nil, NativeImageFetchFlags{}).StepperForBuild(s.build)
		Expect(err).To(MatchError(ContainSubstring("schema")))
	})
})

var _ = Describe("the steps that fetch no image", func() {
	var (
		upstream *enginefakes.FakeCoreStepFactory
		ours     engine.CoreStepFactory
	)

	BeforeEach(func() {
		upstream = new(enginefakes.FakeCoreStepFactory)
		ours = (&StepFactory{CoreStepFactory: upstream}).forBuild(nil, imageFetcherFactory{})
	})

	It("are upstream's", func() {
		made := exec.IdentityStep{}
		upstream.RunStepReturns(made)
		upstream.SetPipelineStepReturns(made)
		upstream.LoadVarStepReturns(made)
		upstream.ArtifactInputStepReturns(made)
		upstream.ArtifactOutputStepReturns(made)

		Expect(ours.RunStep(atc.Plan{}, exec.StepMetadata{}, db.ContainerMetadata{}, engine.DelegateFactory{})).To(Equal(made))
		Expect(ours.SetPipelineStep(atc.Plan{}, exec.StepMetadata{}, engine.DelegateFactory{})).To(Equal(made))
		Expect(ours.LoadVarStep(atc.Plan{}, exec.StepMetadata{}, engine.DelegateFactory{})).To(Equal(made))
		Expect(ours.ArtifactInputStep(atc.Plan{}, nil)).To(Equal(made))
		Expect(ours.ArtifactOutputStep(atc.Plan{}, nil)).To(Equal(made))
	})

	It("include upstream's run step, which at this version only pretends to run a prototype", func(ctx SpecContext) {
		s := newSteps()
		plan := atc.Plan{ID: "1", Run: &atc.RunPlan{Message: "some-message", Type: "some-prototype"}}
		succeeded, err := exec.NewRunState(s.ours(), s.vars, true).Run(ctx, plan)
		Expect(err).NotTo(HaveOccurred())
		Expect(succeeded).To(BeTrue())
		Expect(s.asked).To(BeEmpty())
		Expect(s.cachesMade()).To(BeEmpty())
		Expect(s.shown()).To(ContainSubstring("not yet implemented"))
	})
})
