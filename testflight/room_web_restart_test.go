package testflight_test

import (
	"fmt"
	"strings"

	"github.com/concourse/concourse/atc"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

var _ = Describe("a step that ends, and whose pod gives way, while web is away", Serial, func() {
	BeforeEach(takeFewPods, NodeTimeout(patience))

	// The worker goes on with the start of the step that waits for room, web or no web.
	DescribeTable("keeps its exit status and all of its output",
		func(ctx SpecContext, script string, ends atc.BuildStatus) {
			const lines = 2000
			others, last := newGate(), newGate()
			holdTasksOnSecond(ctx, others, fewPods-1)
			p := setPipeline(ctx, mainJob(taskOn2("prints", "", fmt.Sprintf(
				"echo holding $((40+2)); %s; for i in $(seq %d); do echo line-$i-; done; %s", last.wait(), lines, script))))
			Eventually(p.trigger(ctx).Out, patience).Should(gbytes.Say("holding 42"))
			waits := setPipeline(ctx, mainJob(taskOn2("waits", "", holds(others))))
			Eventually(waits.trigger(ctx).Out, patience).Should(gbytes.Say(waitsForPods))

			Expect(runs.Cluster.KillDaemon(ctx, "web")).To(Succeed())
			last.open.Store(true)
			Eventually(ctx, p.podsThere).WithArguments("task").WithTimeout(patience).Should(BeEmpty())
			Expect(runs.StartDaemons(ctx)).To(Succeed())
			awaitWorkers(ctx)

			Eventually(p.builds).WithTimeout(patience).Should(HaveExactElements(HaveField("Status", ends)))
			log := strings.ReplaceAll(logOf(p.lastBuild()), "\r\n", "\n")
			for i := range lines {
				line := fmt.Sprintf("line-%d-\n", i+1)
				Expect(strings.Count(log, line)).To(Equal(1), line)
			}

			others.open.Store(true)
			Eventually(waits.builds).WithTimeout(patience).Should(HaveExactElements(HaveField("Status", atc.StatusSucceeded)))
		},
		Entry("of success", "exit 0", atc.StatusSucceeded, SpecTimeout(4*patience)),
		Entry("of failure", "exit 7", atc.StatusFailed, SpecTimeout(4*patience)),
	)
})
