package engine

import (
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db/dbfakes"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

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
