package testflight_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/concourse/concourse/atc"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the checks of images", func() {
	// step is a task on an image.
	step := func(name, repository string) string {
		return fmt.Sprintf(`{task: %s, config: {platform: linux, image_resource: {type: registry-image, source: {repository: %s}}, run: {path: "true"}}}`, name, repository)
	}
	tenSteps := func(repository string) string {
		var steps []string
		for i := range 10 {
			steps = append(steps, step(fmt.Sprintf("task-%d", i), repository))
		}
		return "{in_parallel: [" + strings.Join(steps, ", ") + "]}"
	}
	job := func(steps ...string) string {
		return "jobs: [{name: main, plan: [" + strings.Join(steps, ", ") + "]}]"
	}

	It("are one for ten steps that start at once, and the kubelet downloads once", func(ctx SpecContext) {
		registry := serveRegistry()
		repository := registry.address + "/" + newName()
		pushNew(repository+":latest", "busybox:latest")
		p := setPipeline(ctx, job(tenSteps(repository)))
		p.run(ctx, 0)

		Expect(p.imageChecks()).To(HaveLen(1))
		Expect(registry.downloaded()).To(And(Not(BeEmpty()), HaveEach(1)))
	}, SpecTimeout(3*time.Minute))

	// triggered is a pipeline that starts by itself: what someone starts by hand
	// checks whatever the interval is.
	triggered := func(typeImage, taskImage, version string) string {
		return fmt.Sprintf(`
resource_types:
- name: custom
  type: registry-image
  check_every: 1h
  source: {repository: %s}
resources:
- name: thing
  type: custom
  source: {initial_version: %s}
jobs:
- name: main
  plan:
  - get: thing
    trigger: true
  - %s
  - put: thing
    params: {version: %[2]s}
`, typeImage, version, step("one", taskImage))
	}

	DescribeTable("are left out in another pipeline while their interval has not elapsed",
		func(ctx SpecContext, flags ...string) {
			Expect(runs.RestartWeb(ctx, append(flags, "--resource-type-checking-interval=1h", "--resource-checking-interval=1h")...)).To(Succeed())
			DeferCleanup(func(ctx SpecContext) { Expect(runs.RestartWeb(ctx)).To(Succeed()) })

			typeImage, taskImage, version := newRepository(), newRepository(), newName()
			pushAs(typeImage+":latest", "mock-resource:latest")
			pushAs(taskImage+":latest", "busybox:latest")
			ran := func(p pipeline) {
				GinkgoHelper()
				Eventually(ctx, p.builds).WithTimeout(patience).Should(ContainElement(HaveField("Status", atc.StatusSucceeded)))
			}

			first := setPipeline(ctx, triggered(typeImage, taskImage, version))
			ran(first)
			Expect(first.imageChecks()).To(HaveLen(2), "of the type and of the task")

			second := setPipeline(ctx, triggered(typeImage, taskImage, version))
			ran(second)
			Expect(second.imageChecks()).To(BeEmpty())
			Expect(second.pods()).To(ContainElements(
				And(HaveField("Type", "put"), HaveField("Image", typeImage+"@"+digestOf("mock-resource:latest"))),
				And(HaveField("Type", "task"), HaveField("Image", taskImage+"@"+digestOf("busybox:latest"))),
			))
		},
		Entry("with global resources", "--enable-global-resources", Serial, SpecTimeout(3*time.Minute)),
		Entry("without global resources", Serial, SpecTimeout(3*time.Minute)),
	)
})
