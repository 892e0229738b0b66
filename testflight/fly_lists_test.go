package testflight_test

import (
	"fmt"
	"regexp"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
)

var _ = Describe("fly, while a task runs", func() {
	It("lists the task's container, the container's volumes and the worker that has them", func(ctx SpecContext) {
		at := newGate()
		p := setPipeline(ctx, task("{repository: ((registry))/busybox}", "", "echo running $((40+2)); "+at.wait()))
		build := p.trigger(ctx)
		Eventually(build.Out, patience).Should(gbytes.Say("running 42"))

		containers, err := fly.Run(ctx, "containers")
		Expect(err).NotTo(HaveOccurred())
		row := fmt.Sprintf(`(?m)^(\S+) +%s +%s +main +1 +%d +task +one `, concourse.WorkerName, p.name, p.lastBuild().ID)
		Expect(containers).To(MatchRegexp(row))
		handle := regexp.MustCompile(row).FindStringSubmatch(containers)[1]

		Expect(fly.Run(ctx, "volumes")).To(MatchRegexp(`(?m)^\S+ +%s +container +%s *$`, concourse.WorkerName, handle))
		Expect(fly.Run(ctx, "workers")).To(MatchRegexp(`(?m)^%s +\d+ +linux +none +none +running `, concourse.WorkerName))

		at.open.Store(true)
		Eventually(build, patience).Should(gexec.Exit(0))
	}, SpecTimeout(2*patience))
})
