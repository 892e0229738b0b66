package testflight_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	upstream "github.com/concourse/concourse"
	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
)

var _ = Describe("fly", func() {
	// row is a line of a list, in which columns are at least two spaces apart.
	row := func(columns ...string) string { return "(?m)^" + strings.Join(columns, " {2,}") }

	It("lists a task's container, its volumes, its input and its cache, and the worker that has them", func(ctx SpecContext) {
		at, version := newGate(), newName()
		p := setPipeline(ctx, fmt.Sprintf(`
resources:
- name: thing
  type: mock
  source: {initial_version: %s}
jobs:
- name: main
  plan:
  - get: thing
  - task: one
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      inputs: [{name: thing}]
      caches: [{path: cache}]
      run: {path: sh, args: [-ec, 'echo running $((40+2)); %s']}
`, version, at.wait()))
		build := p.trigger(ctx)
		Eventually(build.Out, patience).Should(gbytes.Say("running 42"))

		containers, err := fly.Run(ctx, "containers")
		Expect(err).NotTo(HaveOccurred())
		container := row(`(\S+)`, concourse.WorkerName, p.name, "main", "1", strconv.Itoa(p.lastBuild().ID), "task", "one", "")
		Expect(containers).To(MatchRegexp(container))
		handle := regexp.MustCompile(container).FindStringSubmatch(containers)[1]

		Expect(fly.Run(ctx, "volumes")).To(And(
			MatchRegexp(row(`\S+`, concourse.WorkerName, "container", handle)),
			MatchRegexp(row(`\S+`, concourse.WorkerName, "resource", "version:"+version)),
		))
		Expect(fly.Run(ctx, "workers")).To(MatchRegexp(row(concourse.WorkerName, `\d+`, "linux", "none", "none", "running", regexp.QuoteMeta(upstream.WorkerVersion), `\d+`)))

		at.open.Store(true)
		Eventually(build, patience).Should(gexec.Exit(0))
		// It is the container's as well, until Concourse's GC removes that.
		volumes := func() (string, error) { return fly.Run(ctx, "volumes") }
		Eventually(ctx, volumes, patience).Should(MatchRegexp(row(`\S+`, concourse.WorkerName, "task-cache", p.name+"/main/one")))
	}, SpecTimeout(2*patience))
})
