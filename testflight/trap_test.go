package testflight_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
)

// whoGetsTheSignal is what SIGTERM does to a script and to what the script started, on
// any worker.
func whoGetsTheSignal(tags string) {
	DescribeTable("gets SIGTERM to the step's own process alone",
		func(ctx SpecContext, script, said string) {
			p := setPipeline(ctx, `
jobs:
- name: main
  plan:
  - task: one
    tags: `+tags+`
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      run:
        path: sh
        args:
        - -c
        - |
          `+script+`
          echo now $((40+2)) running
          while true; do sleep 0.1; done
`)
			session := p.trigger(ctx)
			Eventually(session.Out, patience).Should(gbytes.Say("now 42 running"))
			_, err := fly.Run(ctx, "abort-build", "-j", p.name+"/main", "-b", "1")
			Expect(err).NotTo(HaveOccurred())
			Eventually(session, patience).Should(gexec.Exit(3))
			Expect(session.Out).To(gbytes.Say(said))
		},
		Entry("so that a trap can use its helper",
			`mkfifo /in /out; (read word < /in; echo cleaned by $word > /out) & trap 'echo helper > /in; cat /out; exit 1' TERM`,
			"cleaned by helper", SpecTimeout(2*patience)),
		Entry("so that a trap can pass it on",
			`sleep 1000 & helper=$!; trap 'kill $helper; wait $helper; echo helper ended with $?; exit 1' TERM`,
			"helper ended with 143", SpecTimeout(2*patience)),
		// It goes on for a moment: the containerd worker loses what a process printed last
		// while its child holds the output open.
		Entry("and ends though a child ignores it",
			`(trap '' TERM; while true; do sleep 0.1; done) & trap 'echo told to end; sleep 1; exit 1' TERM`,
			"told to end", SpecTimeout(2*patience)),
	)
}

var _ = Describe("an aborted step", func() {
	Context("on a Kubernetes worker", func() { whoGetsTheSignal("[]") })

	Context("on a worker of upstream's containerd runtime", Serial, Ordered, func() {
		BeforeAll(func(ctx SpecContext) { joinContainerdWorker(ctx, "--tag=not-kubernetes") }, NodeTimeout(patience))
		AfterAll(leaveContainerdWorker, NodeTimeout(patience))

		whoGetsTheSignal("[not-kubernetes]")
	})
})
