package testflight_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse/atc"
)

var _ = Describe("web that is killed while a kubelet pulls a step's image", Serial, func() {
	It("goes on with the step once it is back", func(ctx SpecContext) {
		registry := serveRegistry()
		repository := registry.address + "/" + newName()
		digest := pushNew(repository+":latest", "busybox:latest")
		p := setPipeline(ctx, task("{repository: "+repository+"}", ", version: {digest: "+digest+"}", "true"))

		release := registry.hold()
		p.trigger(ctx)
		Eventually(registry.downloaded).WithTimeout(patience).ShouldNot(BeEmpty())

		Expect(runs.Cluster.KillDaemon(ctx, "web")).To(Succeed())
		Expect(runs.StartDaemons(ctx)).To(Succeed())
		awaitWorkers(ctx)
		Consistently(p.builds, "5s").Should(HaveExactElements(HaveField("Status", atc.StatusStarted)))

		release()
		Eventually(p.builds).WithTimeout(patience).Should(HaveExactElements(HaveField("Status", atc.StatusSucceeded)))
		Expect(p.pods()).To(HaveLen(1))
	}, SpecTimeout(2*patience))
})
