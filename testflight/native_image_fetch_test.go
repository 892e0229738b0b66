package testflight_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

var _ = Describe("native image fetch", func() {
	It("runs check, get, put and task on images that the kubelet pulls by digest", func(ctx SpecContext) {
		p, _ := setDemo(ctx)
		Expect(p.run(ctx, 0)).To(gbytes.Say("hello from the custom type"))

		mock := runs.Cluster.Registry() + "/mock-resource@" + digestOf("mock-resource:latest")
		busybox := runs.Cluster.Registry() + "/busybox@" + digestOf("busybox:latest")
		Expect(p.pods()).To(ContainElements(
			And(HaveField("Type", "check"), HaveField("Step", "numbers"), HaveField("Image", mock)),
			And(HaveField("Type", "get"), HaveField("Step", "numbers"), HaveField("Image", mock)),
			And(HaveField("Type", "put"), HaveField("Step", "numbers"), HaveField("Image", mock)),
			And(HaveField("Type", "task"), HaveField("Step", "add"), HaveField("Image", busybox)),
		))
		Expect(p.imageGets()).To(BeEmpty())
	}, SpecTimeout(3*time.Minute))

	It("shows in the build's events that the image of a task was checked and got, with its version", func(ctx SpecContext) {
		repository := newRepository()
		digest := pushAs(repository+":latest", "busybox:latest")
		p := setPipeline(ctx, task("{repository: "+repository+"}", "", "true"))
		p.run(ctx, 0)

		Expect(p.imageChecks()).To(HaveLen(1))
		Expect(imagesShown(p.lastBuild(), "image-check")).To(HaveExactElements(
			HaveField("Events", HaveExactElements("initialize-check", "selected-worker", "start", "finish")),
		))
		Expect(imagesShown(p.lastBuild(), "image-get")).To(HaveExactElements(And(
			HaveField("Events", HaveExactElements("initialize-get", "start-get", "finish-get")),
			HaveField("Version", HaveKeyWithValue("digest", digest)),
			HaveField("Log", "the kubelet pulls "+repository+"@"+digest+"\n"),
		)))
	}, SpecTimeout(3*time.Minute))

	It("leaves a base resource type to its worker: no image is checked or got", func(ctx SpecContext) {
		p := setPipeline(ctx, `
resources:
- name: thing
  type: mock
  source: {create_files: {greeting: "hello from the base type\n"}}
jobs:
- name: main
  plan:
  - get: thing
  - put: thing
    params: {version: two}
`)
		p.run(ctx, 0)
		Expect(p.pods()).NotTo(BeEmpty())
		Expect(p.pods()).To(HaveEach(And(
			HaveField("Step", "thing"),
			HaveField("Image", ContainSubstring("/mock-resource")),
		)))
	}, SpecTimeout(3*time.Minute))

	Context("with --native-image-fetch=never", Serial, func() {
		BeforeEach(func(ctx SpecContext) {
			Expect(runs.RestartWeb(ctx, "--native-image-fetch=never")).To(Succeed())
		}, NodeTimeout(time.Minute))
		AfterEach(func(ctx SpecContext) {
			Expect(runs.RestartWeb(ctx)).To(Succeed())
		}, NodeTimeout(time.Minute))

		It("gets the image into a volume, as upstream does", func(ctx SpecContext) {
			repository := newRepository()
			pushAs(repository+":latest", "busybox:latest")
			p := setPipeline(ctx, task("{repository: "+repository+"}", "", "true"))
			p.run(ctx, 0)
			Expect(p.imageGets()).To(HaveLen(1))
			Expect(p.pods()).To(ContainElement(And(
				HaveField("Step", "one"),
				HaveField("Image", ContainSubstring("/volume@sha256:")),
			)))
		}, SpecTimeout(3*time.Minute))
	})
})
