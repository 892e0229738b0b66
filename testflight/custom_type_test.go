package testflight_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

var _ = Describe("a custom type on a registry-image", func() {
	// custom is a pipeline that gets and puts a resource of a custom type. Its
	// source is its own: else the check would run in another spec's pod.
	custom := func(repository, fields string) string {
		return fmt.Sprintf(`
resource_types:
- name: custom
  type: registry-image
  source: {repository: %s}
%s
resources:
- name: thing
  type: custom
  source: {initial_version: %s}
jobs:
- name: main
  plan:
  - get: thing
  - put: thing
    params: {version: two}
`, repository, fields, newName())
	}

	It("has the events of a check and of a get for each image, and no pod that gets one", func(ctx SpecContext) {
		repository := newRepository()
		digest := pushAs(repository+":latest", "mock-resource:latest")
		p := setPipeline(ctx, custom(repository, ""))
		p.run(ctx, 0)

		Expect(p.pods()).To(ContainElements(
			And(HaveField("Type", "check"), HaveField("Step", "thing")),
			And(HaveField("Type", "get"), HaveField("Step", "thing")),
			And(HaveField("Type", "put"), HaveField("Step", "thing")),
		))
		for _, pod := range p.pods() {
			if pod.Step == "thing" {
				Expect(pod.Image).To(Equal(repository + "@" + digest))
			}
		}
		Expect(p.imageGets()).To(BeEmpty())

		pulled := "the kubelet pulls " + repository + "@" + digest + "\n"
		Expect(imagesShown(p.lastBuild(), "image-get")).To(And(HaveLen(3), HaveEach(And(
			HaveField("Events", []string{"initialize-get", "start-get", "finish-get"}),
			HaveField("Version", HaveKeyWithValue("digest", digest)),
			HaveField("Log", pulled),
		))))
		Expect(imagesShown(p.lastBuild(), "image-check")).To(And(HaveLen(3), HaveEach(
			HaveField("Events", And(ContainElement("initialize-check"), ContainElement("finish"))),
		)))
		Expect(fly.Run(ctx, "check-resource", "-r", p.name+"/thing")).To(ContainSubstring(pulled))
	}, SpecTimeout(3*time.Minute))

	DescribeTable("runs check, get and put",
		func(ctx SpecContext, fields string, privileged bool, said []string) {
			p := setPipeline(ctx, custom("((registry))/mock-resource", fields))
			log := p.run(ctx, 0)
			for _, words := range said {
				Expect(log).To(gbytes.Say(words))
			}
			var types []string
			for _, pod := range p.pods() {
				if pod.Step == "thing" {
					types = append(types, pod.Type)
					Expect(pod.Pod.Spec.Containers[0].SecurityContext.Privileged).To(HaveValue(Equal(privileged)), pod.Type)
				}
			}
			Expect(types).To(ContainElements("check", "get", "put"))
		},
		Entry("in privileged pods if the type is privileged", "  privileged: true", true,
			[]string{"fetching in a privileged container", "pushing in a privileged container"}, SpecTimeout(3*time.Minute)),
		Entry("in ordinary pods if it is not", "", false, []string{"fetching version: spec-", "pushing version: two\n"}, SpecTimeout(3*time.Minute)),
	)

	It("runs on the image of a type that stands in place of registry-image", func(ctx SpecContext) {
		repository := newRepository()
		pushAs(repository+":latest", "registry-image-resource:latest")
		p := setPipeline(ctx, fmt.Sprintf(`
resource_types:
- name: registry-image
  type: registry-image
  source: {repository: %s}
- name: custom
  type: registry-image
  source: {repository: ((registry))/mock-resource}
resources:
- name: thing
  type: custom
jobs:
- name: main
  plan:
  - get: thing
  - task: one
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      run: {path: "true"}
`, repository))
		p.run(ctx, 0)

		mock := runs.Cluster.Registry() + "/mock-resource@" + digestOf("mock-resource:latest")
		busybox := runs.Cluster.Registry() + "/busybox@" + digestOf("busybox:latest")
		override := repository + "@" + digestOf("registry-image-resource:latest")
		Expect(p.pods()).To(ContainElements(
			And(HaveField("Type", "check"), HaveField("Image", override)),
			And(HaveField("Type", "get"), HaveField("Step", "thing"), HaveField("Image", mock)),
			And(HaveField("Type", "task"), HaveField("Step", "one"), HaveField("Image", busybox)),
		))
		Expect(p.imageGets()).To(BeEmpty())
	}, SpecTimeout(3*time.Minute))
})
