package testflight_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

var _ = Describe("an image's tag that moves between builds", func() {
	It("is followed by a task that is not pinned, not by one that is", func(ctx SpecContext) {
		repository := newRepository()
		first := pushAs(repository+":moving", "busybox:latest")
		script := "cat /etc/variant || echo the first"
		floating := setPipeline(ctx, task("{repository: "+repository+", tag: moving}", "", script))
		pinned := setPipeline(ctx, task("{repository: "+repository+"}", fmt.Sprintf(", version: {digest: %q}", first), script))
		Expect(floating.run(ctx, 0)).To(gbytes.Say("the first"))
		Expect(imagesShown(floating.lastBuild(), "image-get")).To(HaveExactElements(HaveField("Version", HaveKeyWithValue("digest", first))))

		second := pushAs(repository+":moving", "busybox:other")
		Expect(floating.run(ctx, 0)).To(gbytes.Say("other"))
		Expect(imagesShown(floating.lastBuild(), "image-get")).To(HaveExactElements(HaveField("Version", HaveKeyWithValue("digest", second))))
		Expect(pinned.run(ctx, 0)).To(gbytes.Say("the first"))
		Expect(pinned.imageChecks()).To(BeEmpty())
	}, SpecTimeout(3*time.Minute))

	// pipelineOn is a pipeline whose builds differ by input and by images.
	pipelineOn := func(typeImage, taskImage string) string {
		return fmt.Sprintf(`
resource_types:
- name: custom
  type: registry-image
  source: {repository: %s}
resources:
- name: thing
  type: custom
  source: {initial_version: one}
jobs:
- name: main
  plan:
  - get: thing
  - task: one
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: %s}}
      inputs: [{name: thing}]
      run: {path: sh, args: [-c, "cat /etc/variant; cat thing/version"]}
`, typeImage, taskImage)
	}

	// Images are no inputs of a build: like upstream's, a rerun checks for their
	// versions again, as far as the interval has elapsed.
	It("is followed by a rerun of the first build, which keeps its inputs", func(ctx SpecContext) {
		image := newRepository()
		pushAs(image+":latest", "busybox:latest")
		p := setPipeline(ctx, pipelineOn("((registry))/mock-resource", image))
		p.run(ctx, 0)

		moved := pushAs(image+":latest", "busybox:other")
		_, err := fly.Run(ctx, "check-resource", "-r", p.name+"/thing", "-f", "version:two")
		Expect(err).NotTo(HaveOccurred())
		Expect(p.run(ctx, 0)).To(gbytes.Say(`other\s+two`))

		rerun := p.rerun(ctx, "1")
		Expect(logOf(rerun)).To(MatchRegexp(`other\s+one`))
		Expect(imagesShown(rerun, "image-get")).To(ContainElement(HaveField("Version", HaveKeyWithValue("digest", moved))))
	}, SpecTimeout(3*time.Minute))

	// The versions that a resource has with its type's new image are others. The
	// rerun of a build with a version that is not among them is aborted.
	It("is followed by a rerun of the first build where it is the image of a type", func(ctx SpecContext) {
		image := newRepository()
		pushAs(image+":latest", "mock-resource:latest")
		p := setPipeline(ctx, pipelineOn(image, "((registry))/busybox"))
		p.run(ctx, 0)

		moved := pushNew(image+":latest", "mock-resource:latest")
		_, err := fly.Run(ctx, "check-resource", "-r", p.name+"/thing")
		Expect(err).NotTo(HaveOccurred())

		rerun := p.rerun(ctx, "1")
		Expect(p.pods()).To(ContainElement(And(
			HaveField("Type", "get"), HaveField("Step", "thing"), HaveField("Image", image+"@"+moved),
		)))
		Expect(imagesShown(rerun, "image-get")).To(ContainElement(HaveField("Version", HaveKeyWithValue("digest", moved))))
	}, SpecTimeout(3*time.Minute))
})
