package testflight_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

var _ = Describe("a step whose pod is taken away while it runs", func() {
	// What it does on SIGTERM looks like success.
	const pipelineOfTwoTasks = `
jobs:
- name: main
  plan:
  - task: makes
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      outputs: [{name: made}]
      run: {path: sh, args: [-ec, 'trap "exit 0" TERM; echo half > made/file; echo running $((40+2)); while true; do sleep 0.1; done']}
    on_failure: {task: failed, config: &next {platform: linux, image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}, run: {path: echo, args: ["the next step ran"]}}}
  - task: goes-on
    config: *next
`
	DescribeTable("errors, and says why",
		func(ctx SpecContext, why string, takeAway func(ctx context.Context, client kubernetes.Interface, pod string) error) {
			p := setPipeline(ctx, pipelineOfTwoTasks)
			build := p.trigger(ctx)
			Eventually(build.Out, patience).Should(gbytes.Say("running 42"))

			client, err := runs.Client()
			Expect(err).NotTo(HaveOccurred())
			Expect(takeAway(ctx, client, p.podOf("task").Name)).To(Succeed())

			Eventually(build, patience).Should(gexec.Exit(2))
			log := string(build.Out.Contents())
			Expect(log).To(ContainSubstring(why))
			Expect(log).NotTo(ContainSubstring("the next step ran"))
		},
		Entry("by its deletion", "the pod was deleted", func(ctx context.Context, client kubernetes.Interface, pod string) error {
			return client.CoreV1().Pods(concourse.Namespace).Delete(ctx, pod, metav1.DeleteOptions{})
		}, SpecTimeout(2*patience)),
		Entry("by an eviction, as a drain of its node asks for", "worker kubernetes disappeared: the pod ended: EvictionByEvictionAPI", func(ctx context.Context, client kubernetes.Interface, pod string) error {
			return client.PolicyV1().Evictions(concourse.Namespace).Evict(ctx, &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: pod, Namespace: concourse.Namespace}})
		}, SpecTimeout(2*patience)),
	)
})
