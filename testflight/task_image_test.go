package testflight_test

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the image of a task", func() {
	// capSysAdmin is the bit of CAP_SYS_ADMIN in a set of capabilities.
	const capSysAdmin = 1 << 21

	It("is not checked if it is pinned, and shows as got with the pinned version", func(ctx SpecContext) {
		digest := digestOf("busybox:other")
		p := setPipeline(ctx, task("{repository: ((registry))/busybox}", fmt.Sprintf(", version: {digest: %q}", digest), "grep other /etc/variant"))
		p.run(ctx, 0)
		Expect(p.podOf("task").Spec.Containers[0].Image).To(Equal(runs.Cluster.Registry() + "/busybox@" + digest))
		Expect(p.imageChecks()).To(BeEmpty())
		Expect(imagesShown(p.lastBuild(), "image-check")).To(BeEmpty())
		Expect(imagesShown(p.lastBuild(), "image-get")).To(HaveExactElements(HaveField("Version", HaveKeyWithValue("digest", digest))))
	}, SpecTimeout(3*time.Minute))

	It("may vary across a step's values", func(ctx SpecContext) {
		p := setPipeline(ctx, `
jobs:
- name: main
  plan:
  - task: one
    across: [{var: tag, values: [latest, other]}]
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox, tag: ((.:tag))}}
      run: {path: "true"}
`)
		p.run(ctx, 0)
		busybox := runs.Cluster.Registry() + "/busybox@"
		Expect(p.pods()).To(ContainElements(
			And(HaveField("Type", "task"), HaveField("Image", busybox+digestOf("busybox:latest"))),
			And(HaveField("Type", "task"), HaveField("Image", busybox+digestOf("busybox:other"))),
		))
		Expect(p.imageGets()).To(BeEmpty())
	}, SpecTimeout(3*time.Minute))

	DescribeTable("runs",
		func(ctx SpecContext, privileged bool) {
			p := setPipeline(ctx, fmt.Sprintf(`
jobs:
- name: main
  plan:
  - task: one
    privileged: %t
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      run: {path: grep, args: [CapEff, /proc/self/status]}
`, privileged))
			log := p.run(ctx, 0)
			Expect(p.podOf("task").Spec.Containers[0].SecurityContext.Privileged).To(HaveValue(Equal(privileged)))

			_, printed, _ := strings.Cut(string(log.Contents()), "CapEff:")
			capabilities, err := strconv.ParseUint(strings.Fields(printed)[0], 16, 64)
			Expect(err).NotTo(HaveOccurred())
			Expect(capabilities&capSysAdmin != 0).To(Equal(privileged), "%x", capabilities)
		},
		Entry("privileged if the task is", true, SpecTimeout(3*time.Minute)),
		Entry("without privileges if the task is not", false, SpecTimeout(3*time.Minute)),
	)
})
