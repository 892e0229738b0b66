package engine

import (
	"context"

	kubernetesworker "github.com/concourse/concourse-kubernetes/atc/worker"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/exec/execfakes"
	"github.com/concourse/concourse/atc/resource"
	"github.com/concourse/concourse/atc/runtime"
	"github.com/concourse/concourse/atc/worker"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// fetchesImages is what the delegates of get, put and check steps share.
type fetchesImages interface {
	FetchImage(context.Context, atc.Plan, *atc.Plan, bool) (runtime.ImageSpec, db.ResourceCache, error)
	kubernetesworker.NativeImages
}

var _ = Describe("the delegates of steps", func() {
	var (
		f      *fixture
		images *buildStepDelegate
		get    *execfakes.FakeGetDelegate
		put    *execfakes.FakePutDelegate
		check  *execfakes.FakeCheckDelegate
		task   *execfakes.FakeTaskDelegate
	)

	BeforeEach(func() {
		f = newFixture()
		images = f.factory().newBuildStepDelegate(f.build, "1", worker.Spec{}, f.state(), f.upstream)
		get, put, check, task = new(execfakes.FakeGetDelegate), new(execfakes.FakePutDelegate), new(execfakes.FakeCheckDelegate), new(execfakes.FakeTaskDelegate)
	})

	DescribeTable("fetch images natively and hand them on",
		func(ctx SpecContext, delegateOf func() fetchesImages) {
			delegate := delegateOf()
			image, _, err := delegate.FetchImage(ctx, f.get, f.check, false)
			Expect(err).NotTo(HaveOccurred())
			Expect(image.ImageURL).To(Equal("ghcr.io/a/b@" + digest))
			Expect(delegate.NativeImages()).To(ConsistOf(HaveField("Reference", image.ImageURL)))

			Expect(get.FetchImageCallCount() + put.FetchImageCallCount() + check.FetchImageCallCount()).To(BeZero())
		},
		Entry("get", func() fetchesImages { return &getDelegate{images, upstreamGet{get}} }),
		Entry("put", func() fetchesImages { return &putDelegate{images, upstreamPut{put}} }),
		Entry("check", func() fetchesImages { return &checkDelegate{images, upstreamCheck{check}} }),
		Entry("check of an image", func() fetchesImages {
			return &imageCheckDelegate{&checkDelegate{images, upstreamCheck{check}}, newImageChecks()}
		}),
	)

	It("are upstream's in all else", func() {
		ofGet := &getDelegate{images, upstreamGet{get}}
		ofGet.Errored(f.log, "some message")
		ofGet.UpdateResourceVersion(f.log, "some-resource", resource.VersionResult{})
		Expect(get.ErroredCallCount()).To(Equal(1))
		Expect(get.UpdateResourceVersionCallCount()).To(Equal(1))

		ofPut := &putDelegate{images, upstreamPut{put}}
		ofPut.Errored(f.log, "some message")
		ofPut.SaveOutput(f.log, atc.PutPlan{}, nil, nil, resource.VersionResult{})
		Expect(put.ErroredCallCount()).To(Equal(1))
		Expect(put.SaveOutputCallCount()).To(Equal(1))

		ofCheck := &checkDelegate{images, upstreamCheck{check}}
		ofCheck.Errored(f.log, "some message")
		_, _, err := ofCheck.WaitToRun(context.Background(), f.scope)
		Expect(err).NotTo(HaveOccurred())
		Expect(check.ErroredCallCount()).To(Equal(1))
		Expect(check.WaitToRunCallCount()).To(Equal(1))

		ofTask := newTaskDelegate(task, images)
		ofTask.Errored(f.log, "some message")
		ofTask.SetTaskConfig(atc.TaskConfig{})
		Expect(task.ErroredCallCount()).To(Equal(1))
		Expect(task.SetTaskConfigCallCount()).To(Equal(1))
	})
})
