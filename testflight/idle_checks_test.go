package testflight_test

import (
	"fmt"

	"github.com/concourse/concourse/atc"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

var _ = Describe("the pod of a check that is idle", Serial, func() {
	BeforeEach(needTwoNodes)

	It("goes by itself, and the next check works", func(ctx SpecContext) {
		reconfigure(ctx, func(c *concourse.Concourse) {
			c.SecondWorkerFlags = append([]string{"--kubernetes-idle-check-timeout=2s"}, c.SecondWorkerFlags...)
		})
		p := setPipeline(ctx, fmt.Sprintf(`
resources:
- {name: thing, type: mock, tags: [second-node], check_every: never, source: {initial_version: %s}}
`, newName())+mainJob("{get: thing, tags: [second-node]}"))
		checkContainers := func() ([]atc.Container, error) {
			return api.Team(mainTeam).ListContainers(map[string]string{"type": "check", "pipeline_name": p.name, "resource_name": "thing"})
		}
		check := func() {
			GinkgoHelper()
			_, err := fly.Run(ctx, "check-resource", "-r", p.name+"/thing")
			Expect(err).NotTo(HaveOccurred())
			Expect(p.pods()).To(ContainElement(HaveField("Type", "check")))
		}

		for range 2 {
			check()
			Eventually(ctx, p.podsThere).WithArguments("check").Should(BeEmpty())
			Expect(checkContainers()).To(HaveLen(1))
		}
	}, SpecTimeout(2*patience))
})
