package testflight_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
)

// CPU shares are weights. They keep no step from running.
var _ = Describe("a node with fewer CPUs than its tasks ask for", func() {
	It("runs tasks of 1024 shares one after the other", func(ctx SpecContext) {
		p := setPipeline(ctx, mainJob(copies(3, func(name string) string {
			return taskOn1(name, "{cpu: 1024}", "echo ran $((40+2))")
		})...))
		log := string(p.run(ctx, 0).Contents())
		Expect(strings.Count(log, "ran 42")).To(Equal(3))
	}, SpecTimeout(2*patience))

	It("runs a task of 4096 shares", func(ctx SpecContext) {
		p := setPipeline(ctx, mainJob(taskOn1("one", "{cpu: 4096}", "echo ran $((40+2))")))
		Expect(p.run(ctx, 0)).To(gbytes.Say("ran 42"))
	}, SpecTimeout(2*patience))

	DescribeTable("runs 40 tasks at once",
		func(ctx SpecContext, limits string) {
			at := newGate()
			p := setPipeline(ctx, mainJob(inParallel(copies(40, func(name string) string { return taskOn1(name, limits, holds(at)) }))))
			build := p.trigger(ctx)
			Eventually(holding(build)).WithTimeout(2 * patience).Should(Equal(40))

			at.open.Store(true)
			Eventually(build, patience).Should(gexec.Exit(0))
		},
		Entry("that name no limit", "", Serial, SpecTimeout(4*patience)),
		Entry("of 1024 shares", "{cpu: 1024}", Serial, SpecTimeout(4*patience)),
	)
})
