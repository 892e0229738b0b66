package testflight_test

import (
	"context"
	"strings"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
)

// heldOnSecondNode is a pipeline whose first task waits on the second node, which
// only that one needs.
const heldOnSecondNode = `
jobs:
- name: main
  plan:
  - task: holds
    tags: [second-node]
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      outputs: [{name: made}]
      run: {path: sh, args: [-ec, 'echo holding $((40+2)); WAIT; echo let go $((40+2)) | tee made/file']}
  - task: goes-on
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      inputs: [{name: made}]
      run: {path: sh, args: [-ec, 'echo went on with $(cat made/file)']}
`

// setHeldPipeline sets that pipeline, whose task waits as a line of a script says.
func setHeldPipeline(ctx context.Context, wait string) pipeline {
	GinkgoHelper()
	return setPipeline(ctx, strings.ReplaceAll(heldOnSecondNode, "WAIT", wait))
}

// startHeldBuild triggers a build that waits on the second node.
func startHeldBuild(ctx context.Context, at *gate) (pipeline, *gexec.Session) {
	GinkgoHelper()
	p := setHeldPipeline(ctx, at.wait())
	build := p.trigger(ctx)
	Eventually(build.Out, patience).Should(gbytes.Say("holding 42"))
	return p, build
}

// goesOn expects such a build to end well once it is let go.
func goesOn(build *gexec.Session) {
	GinkgoHelper()
	Eventually(build, patience).Should(gexec.Exit(0))
	Expect(build.Out).To(gbytes.Say("let go 42"))
	Expect(build.Out).To(gbytes.Say("went on with let go 42"))
}

// stateOfSecond is web's opinion of the second node's worker, "" if web does not
// know it.
func stateOfSecond(ctx context.Context) (string, error) {
	states, err := statesOfWorkers(ctx)
	return states[concourse.SecondWorkerName], err
}

// secondTakesNoBuilds expects a build that asks for the second node to be refused.
func secondTakesNoBuilds(ctx context.Context) {
	GinkgoHelper()
	late := setHeldPipeline(ctx, "true")
	Expect(late.run(ctx, 2)).To(gbytes.Say("no workers satisfying: .*second-node"))
	Expect(late.nodesOf("holds")).To(BeEmpty())
}

// startSecondAgain starts the second node's worker that has ended, as a DaemonSet
// would.
func startSecondAgain(ctx context.Context) {
	GinkgoHelper()
	changed := withHeartbeats(*runs)
	Expect(changed.StartDaemons(ctx)).To(Succeed())
}

// withHeartbeats returns c with a web that soon knows what its workers do. It takes
// a worker for stalled that is late by one interval, which a busy machine may be by
// less than this.
func withHeartbeats(c concourse.Concourse) concourse.Concourse {
	c.WebFlags = append([]string{"--tsa-heartbeat-interval=4s"}, c.WebFlags...)
	return c
}
