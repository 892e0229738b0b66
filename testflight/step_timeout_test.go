package testflight_test

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

var _ = Describe("the timeout of a step", func() {
	const timeout = 5 * time.Second

	timedGet := func(ctx context.Context) pipeline {
		GinkgoHelper()
		return setPipeline(ctx, fmt.Sprintf(`
resources:
- name: thing
  type: mock
  source: {initial_version: %s}
jobs:
- name: main
  plan:
  - get: thing
    timeout: %s
`, newName(), timeout))
	}

	timedTask := func(ctx context.Context, script string) pipeline {
		GinkgoHelper()
		return setPipeline(ctx, fmt.Sprintf(`
jobs:
- name: main
  plan:
  - task: one
    timeout: %s
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      caches: [{path: cache}]
      run: {path: sh, args: [-ec, %q]}
`, timeout, script))
	}

	// outlasts has a step's pod held for longer than its timeout.
	outlasts := func(ctx context.Context, p pipeline, kind string) (*gexec.Session, *heldStart) {
		GinkgoHelper()
		held := holdStart(ctx, p, kind)
		build := p.trigger(ctx)
		held.isHeld()
		Consistently(build, timeout+time.Second).ShouldNot(gexec.Exit())
		return build, held
	}

	DescribeTable("does not count the start of its pod, nor what follows",
		func(ctx SpecContext, set func(context.Context) pipeline, kind string) {
			build, held := outlasts(ctx, set(ctx), kind)
			held.release(ctx)
			Eventually(build, patience).Should(gexec.Exit(0))
			Expect(build.Out.Contents()).NotTo(ContainSubstring("timeout exceeded"))
		},
		Entry("of a get, whose resource is cached then", timedGet, "get", SpecTimeout(4*time.Minute)),
		Entry("of a task, whose caches are kept then", func(ctx context.Context) pipeline { return timedTask(ctx, "echo runs > cache/file") }, "task", SpecTimeout(4*time.Minute)),
	)

	It("ends a step that runs for longer", func(ctx SpecContext) {
		build := timedTask(ctx, "echo now running; sleep 1000000").trigger(ctx)
		Eventually(build, patience).Should(gexec.Exit(1))
		Expect(build.Out).To(gbytes.Say("now running"))
		Expect(build.Out).To(gbytes.Say("timeout exceeded"))
	}, SpecTimeout(4*time.Minute))

	It("leaves an abort to end a step whose pod has not started when the time would have passed", func(ctx SpecContext) {
		p := timedTask(ctx, "true")
		build, _ := outlasts(ctx, p, "task")
		_, err := fly.Run(ctx, "abort-build", "-j", p.name+"/main", "-b", "1")
		Expect(err).NotTo(HaveOccurred())
		Eventually(build).Should(gexec.Exit(3))
		Expect(p.pods()).NotTo(ContainElement(HaveField("Type", "task")))
	}, SpecTimeout(4*time.Minute))
})

// podsLeft are the pipeline's pods that are there now.
func podsLeft(ctx context.Context, p pipeline) []string {
	GinkgoHelper()
	client, err := runs.Client()
	Expect(err).NotTo(HaveOccurred())
	list, err := client.CoreV1().Pods(concourse.Namespace).List(ctx, metav1.ListOptions{LabelSelector: "concourse-ci.org/pipeline=" + p.name})
	Expect(err).NotTo(HaveOccurred())
	return names(list.Items)
}

var _ = Describe("a build that is aborted while a kubelet pulls an image", func() {
	It("ends before the pull does, and leaves nothing behind then", func(ctx SpecContext) {
		registry := serveRegistry()
		repository := registry.address + "/" + newName()
		pushNew(repository+":latest", "busybox:latest")
		release := registry.hold()
		p := setPipeline(ctx, task("{repository: "+repository+"}", "", "true"))
		build := p.trigger(ctx)
		Eventually(registry.downloaded, patience).ShouldNot(BeEmpty())

		_, err := fly.Run(ctx, "abort-build", "-j", p.name+"/main", "-b", "1")
		Expect(err).NotTo(HaveOccurred())
		Eventually(build, "30s").Should(gexec.Exit(3))
		Eventually(func() *metav1.Time { return p.podOf("task").DeletionTimestamp }).ShouldNot(BeNil())
		Expect(podsLeft(ctx, p)).To(ContainElement(p.podOf("task").Name), "its kubelet pulls")

		release()
		Eventually(func() []string { return podsLeft(ctx, p) }).WithTimeout(patience).ShouldNot(ContainElement(p.podOf("task").Name))
	}, SpecTimeout(4*time.Minute))
})
