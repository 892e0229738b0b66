package testflight_test

import (
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

var _ = Describe("an image with tags of a worker", func() {
	const inTheWay = "is fetched into a volume, not pulled by the kubelet: it has the tags [second-node]"
	fromVolume := ContainSubstring("/volume@sha256:")
	var first, second, repository string

	BeforeEach(func() {
		needTwoNodes()
		nodes := runs.Cluster.NodeNames()
		first, second = nodes[0], nodes[1]
		repository = newRepository()
	})

	// onTagged is a task with tags on an image_resource that has some too.
	onTagged := func(tags string) string {
		return fmt.Sprintf(`
jobs:
- name: main
  plan:
  - task: one
    tags: %s
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: %s}, tags: [second-node]}
      run: {path: echo, args: [runs]}
`, tags, repository)
	}

	It("is got on such a worker for a task without them, which runs elsewhere, and the log says why", func(ctx SpecContext) {
		pushAs(repository+":latest", "busybox:latest")
		p := setPipeline(ctx, onTagged("[]"))
		log := string(p.run(ctx, 0).Contents())

		Expect(strings.Count(log, "image image "+inTheWay)).To(Equal(1))
		Expect(p.imageGets()).To(HaveLen(1))
		Expect(p.nodesOf("image")).To(ConsistOf(second))
		Expect(p.nodesOf("one")).To(ConsistOf(first))
		Expect(p.pods()).To(ContainElement(And(HaveField("Step", "one"), HaveField("Image", fromVolume))))
	}, SpecTimeout(patience))

	It("is pulled by the kubelet for a task with the same tags", func(ctx SpecContext) {
		digest := pushAs(repository+":latest", "busybox:latest")
		p := setPipeline(ctx, onTagged("[second-node]"))
		log := string(p.run(ctx, 0).Contents())

		Expect(log).NotTo(ContainSubstring(inTheWay))
		Expect(p.imageGets()).To(BeEmpty())
		Expect(p.nodesOf("image")).To(ConsistOf(second), "of the check")
		Expect(p.podOf("task").Spec).To(And(
			HaveField("NodeName", second),
			HaveField("Containers", ConsistOf(HaveField("Image", repository+"@"+digest))),
		))
	}, SpecTimeout(patience))

	It("may be a custom type's, whose resource is then used elsewhere", func(ctx SpecContext) {
		pushAs(repository+":latest", "mock-resource:latest")
		p := setPipeline(ctx, fmt.Sprintf(`
resource_types:
- name: custom
  type: registry-image
  source: {repository: %s}
  tags: [second-node]
resources:
- name: thing
  type: custom
  source: {initial_version: one}
jobs:
- name: main
  plan:
  - get: thing
`, repository))
		log := p.run(ctx, 0)

		Expect(strings.Count(string(log.Contents()), "image custom "+inTheWay)).To(Equal(1))
		Expect(log).To(gbytes.Say("fetching version: one"))
		Expect(p.nodesOf("custom")).To(ConsistOf(second))
		Expect(p.nodesOf("thing")).To(ConsistOf(first))
		Expect(p.pods()).To(ContainElements(
			And(HaveField("Type", "check"), HaveField("Step", "thing"), HaveField("Image", fromVolume)),
			And(HaveField("Type", "get"), HaveField("Step", "thing"), HaveField("Image", fromVolume)),
		))
	}, SpecTimeout(patience))
})
