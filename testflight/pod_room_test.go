package testflight_test

import (
	"context"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
)

var _ = Describe("a node that takes few pods", Serial, Ordered, ContinueOnFailure, func() {
	BeforeAll(takeFewPods, NodeTimeout(patience))

	It("runs more tasks than that, as the pods of those that have ended give way", func(ctx SpecContext) {
		const tasks = 30
		steps := copies(tasks, func(name string) string { return taskOn2(name, "", "echo ran $((40+2))") })
		p := setPipeline(ctx, mainJob("{in_parallel: {limit: 6, steps: ["+strings.Join(steps, ", ")+"]}}"))
		build := p.trigger(ctx)
		Eventually(build, 2*patience).Should(gexec.Exit(0))
		Expect(strings.Count(string(build.Out.Contents()), "ran 42")).To(Equal(tasks))
	}, SpecTimeout(3*patience))

	It("has a step wait while running steps fill it, and says in its log for what", func(ctx SpecContext) {
		const bystanders, running = 2, fewPods - 2
		addBystanders(ctx, bystanders)
		at := newGate()
		fill := holdTasksOnSecond(ctx, at, running)

		p := setPipeline(ctx, mainJob(taskOn2("waits", "", "echo ran $((40+2))")))
		build := p.trigger(ctx)
		Eventually(func() string { return string(build.Out.Contents()) }).WithTimeout(patience).Should(And(
			MatchRegexp(waitsForPods),
			MatchRegexp(`\b%d of the node's %[1]d pods`, fewPods),
			MatchRegexp(`\b%d pods of this worker run`, running),
			MatchRegexp(`\b%d are others'`, bystanders),
			ContainSubstring("maxPods"),
			MatchRegexp("max.active.tasks"),
		))
		Expect(build).NotTo(gexec.Exit())
		Expect(build.Out).NotTo(gbytes.Say("ran 42"))

		at.open.Store(true)
		Eventually(fill, patience).Should(gexec.Exit(0))
		Eventually(build, patience).Should(gexec.Exit(0))
		Expect(string(build.Out.Contents())).To(ContainSubstring("ran 42"))
	}, SpecTimeout(3*patience))

	It("ends a step that waits for room when its build is aborted", func(ctx SpecContext) {
		at := newGate()
		fill := holdTasksOnSecond(ctx, at, fewPods)
		p := setPipeline(ctx, mainJob(taskOn2("waits", "", "echo ran $((40+2))")))
		build := p.trigger(ctx)
		Eventually(build.Out, patience).Should(gbytes.Say(waitsForPods))

		_, err := fly.Run(ctx, "abort-build", "-j", p.name+"/main", "-b", "1")
		Expect(err).NotTo(HaveOccurred())
		Eventually(build, patience).Should(gexec.Exit(3))
		Eventually(ctx, p.podsThere).WithArguments("task").Should(BeEmpty())
		at.open.Store(true)
		Eventually(fill, patience).Should(gexec.Exit(0))
	}, SpecTimeout(3*patience))

	Context("whose containers gave way", Ordered, func() {
		var (
			p      pipeline
			at     *gate
			fill   *gexec.Session
			opened = func() { at.open.Store(true) }
		)
		BeforeAll(func(ctx SpecContext) {
			p = setPipeline(ctx, fmt.Sprintf(`
resources:
- {name: thing, type: mock, tags: [second-node], check_every: never, source: {initial_version: %s}}
`, newName())+mainJob(taskOn2("fails", "", "exit 1"), "{get: thing, tags: [second-node]}"))
			_, err := fly.Run(ctx, "check-resource", "-r", p.name+"/thing")
			Expect(err).NotTo(HaveOccurred())
			p.run(ctx, 1)
			at = newGate()
			fill = holdTasksOnSecond(context.WithoutCancel(ctx), at, fewPods)
			DeferCleanup(opened)
			Eventually(ctx, p.podsThere).WithArguments("check").Should(BeEmpty())
			Eventually(ctx, p.podsThere).WithArguments("task").Should(BeEmpty())
		}, NodeTimeout(3*patience))

		DescribeTable("says so to who wants to get into them",
			func(ctx SpecContext, args func() []string) {
				_, err := fly.Run(ctx, append(append([]string{"intercept"}, args()...), "--", "true")...)
				Expect(err).To(MatchError(MatchRegexp("gave way|made room")))
			},
			Entry("a check", func() []string { return []string{"-c", p.name + "/thing"} }, SpecTimeout(patience)),
			Entry("a step that failed", func() []string { return []string{"-j", p.name + "/main", "-s", "fails"} }, SpecTimeout(patience)),
		)

		It("checks again", func(ctx SpecContext) {
			opened()
			Eventually(fill, patience).Should(gexec.Exit(0))
			_, err := fly.Run(ctx, "check-resource", "-r", p.name+"/thing")
			Expect(err).NotTo(HaveOccurred())
		}, SpecTimeout(2*patience))
	})
})
