package testflight_test

import (
	"fmt"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
)

// docs/design.md has these numbers as a table.
var _ = Describe("the pods of builds that are the first with their images", func() {
	const imageCheck, imageGet = "check of the image", "get of the image"

	// podsFor counts a pipeline's pods by what they are for.
	podsFor := func(p pipeline) map[string]int {
		counts := map[string]int{}
		for _, pod := range p.pods() {
			switch {
			case concourse.ChecksImage(pod.Pod):
				counts[imageCheck]++
			case concourse.GetsImage(pod.Pod):
				counts[imageGet]++
			default:
				counts[pod.Type]++
			}
		}
		return counts
	}
	ofTask := func(pinned bool) func() string {
		return func() string {
			image, version := newRepository(), ""
			digest := pushNew(image+":latest", "busybox:latest")
			if pinned {
				version = fmt.Sprintf(", version: {digest: %q}", digest)
			}
			return task("{repository: "+image+"}", version, "true")
		}
	}
	ofCustomType := func(steps string) func() string {
		return func() string {
			image := newRepository()
			pushNew(image+":latest", "mock-resource:latest")
			return fmt.Sprintf(`
resource_types:
- name: custom
  type: registry-image
  source: {repository: %s}
resources:
- name: thing
  type: custom
  check_every: never
  source: {initial_version: %s}
jobs:
- name: main
  plan:
%s`, image, newName(), steps)
		}
	}

	are := func(ctx SpecContext, config func() string, expected map[string]int) {
		p := setPipeline(ctx, config())
		if expected["check"] > 0 {
			_, err := fly.Run(ctx, "check-resource", "-r", p.name+"/thing")
			Expect(err).NotTo(HaveOccurred())
		}
		p.run(ctx, 0)
		Expect(podsFor(p)).To(Equal(expected), "%v", p.podsThat(func(*corev1.Pod) bool { return true }))
	}
	const getAlone, putAndGet = "  - get: thing\n", "  - put: thing\n    params: {version: two}\n"

	DescribeTable("are", are,
		Entry("of a task", ofTask(false),
			map[string]int{imageCheck: 1, "task": 1}, SpecTimeout(3*time.Minute)),
		Entry("of a task whose image is pinned", ofTask(true),
			map[string]int{"task": 1}, SpecTimeout(3*time.Minute)),
		Entry("of a custom type's check, and a get in a build of its own", ofCustomType(getAlone),
			map[string]int{imageCheck: 2, "check": 1, "get": 1}, SpecTimeout(3*time.Minute)),
		Entry("of a custom type's put and the get after it", ofCustomType(putAndGet),
			map[string]int{imageCheck: 1, "put": 1, "get": 1}, SpecTimeout(3*time.Minute)),
	)

	Context("with --native-image-fetch=never", Serial, Ordered, ContinueOnFailure, func() {
		BeforeAll(func(ctx SpecContext) {
			Expect(runs.RestartWeb(ctx, "--native-image-fetch=never")).To(Succeed())
			DeferCleanup(func(ctx SpecContext) { Expect(runs.RestartWeb(ctx)).To(Succeed()) })
		}, NodeTimeout(time.Minute))

		DescribeTable("are", are,
			Entry("of a task", ofTask(false),
				map[string]int{imageCheck: 1, imageGet: 1, "task": 1}, SpecTimeout(3*time.Minute)),
			Entry("of a task whose image is pinned", ofTask(true),
				map[string]int{imageGet: 1, "task": 1}, SpecTimeout(3*time.Minute)),
			Entry("of a custom type's check, and a get in a build of its own", ofCustomType(getAlone),
				map[string]int{imageCheck: 2, imageGet: 1, "check": 1, "get": 1}, SpecTimeout(3*time.Minute)),
			Entry("of a custom type's put and the get after it", ofCustomType(putAndGet),
				map[string]int{imageCheck: 1, imageGet: 1, "put": 1, "get": 1}, SpecTimeout(3*time.Minute)),
		)
	})
})
