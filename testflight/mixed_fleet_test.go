package testflight_test

import (
	"context"
	"regexp"
	"strings"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
)

// What a build's log says of an image and of its task. Containers of a finished
// build are no evidence: Concourse removes them at any time.
var (
	fetchedNatively   = ContainSubstring("the kubelet pulls ")
	fetchedPhysically = ContainSubstring("fetching ") // the registry-image resource's get
	ranTheTask        = ContainSubstring("the task ran 42")
)

var _ = Describe("native image fetch beside a worker of another runtime", Serial, func() {
	const taskOnImage = `
jobs:
- name: main
  plan:
  - task: one
    tags: [((tag))]
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((repository))}}
      run: {path: sh, args: [-ec, 'echo the task ran $((40+2))']}
`
	// runTask runs a task on an image that no worker has got into a volume yet.
	runTask := func(ctx context.Context, tag string, exitStatus int) string {
		GinkgoHelper()
		repository := newRepository()
		pushAs(repository+":latest", "busybox:latest")
		p := setPipeline(ctx, taskOnImage, "tag="+tag, "repository="+repository)
		return string(p.run(ctx, exitStatus).Contents())
	}

	It("is native while there are only Kubernetes workers", func(ctx SpecContext) {
		Expect(runTask(ctx, "", 0)).To(And(fetchedNatively, Not(fetchedPhysically)))
	}, SpecTimeout(patience))

	Context("for whose tag a step has to ask", Ordered, func() {
		BeforeAll(func(ctx SpecContext) { joinContainerdWorker(ctx, "--tag=not-kubernetes") }, NodeTimeout(patience))
		AfterAll(leaveContainerdWorker, NodeTimeout(patience))

		It("gets the image into a volume for a step that does", func(ctx SpecContext) {
			log := runTask(ctx, "not-kubernetes", 0)
			Expect(log).To(And(fetchedPhysically, Not(fetchedNatively), ranTheTask))
			Expect(selectedWorkers(log)).To(HaveEach(concourse.ContainerdWorkerName))
		}, SpecTimeout(patience))

		It("is native for a step that does not", func(ctx SpecContext) {
			log := runTask(ctx, "", 0)
			Expect(log).To(And(fetchedNatively, Not(fetchedPhysically)))
			Expect(selectedWorkers(log)).To(HaveEach(concourse.WorkerName))
		}, SpecTimeout(patience))

		Context("with --native-image-fetch=always", func() {
			BeforeEach(func(ctx SpecContext) {
				Expect(runs.RestartWeb(ctx, "--native-image-fetch=always")).To(Succeed())
			}, NodeTimeout(patience))
			AfterEach(func(ctx SpecContext) {
				Expect(runs.RestartWeb(ctx)).To(Succeed())
			}, NodeTimeout(patience))

			It("fails a step that does, and says why", func(ctx SpecContext) {
				log := runTask(ctx, "not-kubernetes", 2)
				Expect(log).To(ContainSubstring("was left to a kubelet to pull, but the step went to worker containerd, which is not a Kubernetes worker: give the workers different tags"))
			}, SpecTimeout(patience))
		})
	})

	Context("that takes the same steps, where each worker takes one task at a time", Ordered, func() {
		BeforeAll(func(ctx SpecContext) {
			Expect(runs.RestartWeb(ctx, "--container-placement-strategy=limit-active-tasks", "--max-active-tasks-per-worker=1")).To(Succeed())
			DeferCleanup(func(ctx SpecContext) { Expect(runs.RestartWeb(ctx)).To(Succeed()) }, NodeTimeout(patience))
			joinContainerdWorker(ctx)
		}, NodeTimeout(patience))
		AfterAll(leaveContainerdWorker, NodeTimeout(patience))

		It("gets the image into a volume, on which either worker runs the step", func(ctx SpecContext) {
			at, repository := newGate(), newRepository()
			pushAs(repository+":latest", "busybox:latest")
			p := setPipeline(ctx, strings.ReplaceAll(`
jobs:
- name: main
  plan:
  - in_parallel:
    - task: one
      config: &waiting
        platform: linux
        image_resource: {type: registry-image, source: {repository: ((repository))}}
        run: {path: sh, args: [-ec, 'echo waiting $((40+2)); WAIT; echo let go $((40+2))']}
    - task: two
      config: *waiting
`, "WAIT", at.wait()), "repository="+repository)
			build := p.trigger(ctx)
			Eventually(build.Out, patience).Should(gbytes.Say("waiting 42"))
			Eventually(build.Out, patience).Should(gbytes.Say("waiting 42"))

			at.open.Store(true)
			Eventually(build, patience).Should(gexec.Exit(0))
			log := string(build.Out.Contents())
			Expect(log).To(And(fetchedPhysically, Not(fetchedNatively)))
			Expect(strings.Count(log, "let go 42")).To(Equal(2))
			Expect(p.podOf("task").Spec.Containers[0].Image).To(ContainSubstring("/volume@sha256:"), "the other task is no pod")
		}, SpecTimeout(2*patience))

		It("is native again once that worker has left", func(ctx SpecContext) {
			leaveContainerdWorker(ctx)
			Expect(runTask(ctx, "", 0)).To(And(fetchedNatively, Not(fetchedPhysically)))
		}, SpecTimeout(patience))
	})
})

var selectedWorker = regexp.MustCompile(`selected worker:\S* (\S+)`)

// selectedWorkers returns the workers that a build log names, in order.
func selectedWorkers(log string) []string {
	var found []string
	for _, match := range selectedWorker.FindAllStringSubmatch(log, -1) {
		found = append(found, match[1])
	}
	return found
}
