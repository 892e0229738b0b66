package testflight_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

var _ = Describe("a type whose image is a resource of another custom type", func() {
	It("runs on a volume, which was got once, by pods on the image of the other type, which the kubelet pulled", func(ctx SpecContext) {
		repository, version := newRepository(), newName()
		inner := repository + "@" + pushAs(repository+":latest", "mock-resource:latest")
		p := setPipeline(ctx, fmt.Sprintf(`
resource_types:
- name: inner
  type: registry-image
  source: {repository: %s}
- name: outer
  type: inner
  source: {mirror_self: true, initial_version: %s}
resources:
- name: thing
  type: outer
jobs:
- name: main
  plan:
  - get: thing
  - put: thing
    params: {version: two}
`, repository, version))
		log := p.run(ctx, 0)
		Expect(log).To(gbytes.Say("fetching version: "+version), "which the check has from the environment of the outer image")
		Expect(log).To(gbytes.Say("pushing version: two"))
		Expect(log).To(gbytes.Say("fetching version: two"))

		fromVolume := ContainSubstring("/volume@sha256:")
		var gets []stepPod
		Expect(p.pods()).To(ContainElement(And(HaveField("Type", "get"), HaveField("Step", "outer")), &gets))
		Expect(gets).To(HaveExactElements(HaveField("Image", inner)))
		Expect(p.pods()).To(ContainElements(
			And(HaveField("Type", "check"), HaveField("Step", "outer"), HaveField("Image", inner)),
			And(HaveField("Type", "check"), HaveField("Step", "thing"), HaveField("Image", fromVolume)),
			And(HaveField("Type", "get"), HaveField("Step", "thing"), HaveField("Image", fromVolume)),
			And(HaveField("Type", "put"), HaveField("Step", "thing"), HaveField("Image", fromVolume)),
		))

		By("getting the image of the inner type into no volume")
		Expect(p.imageGets()).To(BeEmpty())
		Expect(imagesShown(p.lastBuild(), "image-get/image-get")).To(And(Not(BeEmpty()), HaveEach(
			HaveField("Log", "the kubelet pulls "+inner+"\n"),
		)))
	}, SpecTimeout(3*time.Minute))
})
