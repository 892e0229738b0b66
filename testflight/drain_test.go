package testflight_test

import (
	"context"
	"os"
	"strings"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

var _ = Describe("a node that is cordoned", Ordered, func() {
	// Only the first task needs the node.
	const onNode = `
jobs:
- name: main
  plan:
  - task: on-node
    tags: [second-node]
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      outputs: [{name: made}]
      run: {path: sh, args: [-ec, 'echo holding $((40+2)); WAIT; echo let go $((40+2)) | tee made/file']}
  - task: elsewhere
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      inputs: [{name: made}]
      run: {path: sh, args: [-ec, 'echo went on with $(cat made/file)']}
`
	const second = concourse.SecondWorkerName

	stateOfSecond := func(ctx context.Context) (string, error) {
		states, err := statesOfWorkers(ctx)
		return states[second], err
	}
	cordon := func(ctx context.Context, patch string) error {
		client, err := runs.Client()
		if err != nil {
			return err
		}
		_, err = client.CoreV1().Nodes().Patch(ctx, runs.Cluster.NodeNames()[1], types.MergePatchType, []byte(patch), metav1.PatchOptions{})
		return err
	}
	const cordoned, uncordoned = `{"spec":{"unschedulable":true}}`, `{"spec":{"unschedulable":null}}`

	// startSecond starts what has ended, as a DaemonSet would.
	startSecond := func(ctx context.Context) {
		GinkgoHelper()
		changed := withHeartbeats(*runs)
		Expect(changed.StartDaemons(ctx)).To(Succeed())
	}
	// logOfSecond is what the worker has logged since it had logged that much.
	logOfSecond := func(since int) (string, error) {
		log, err := os.ReadFile(runs.Cluster.DaemonLog(concourse.SecondWorkerDaemon))
		return string(log[min(since, len(log)):]), err
	}
	takesNoBuilds := func(ctx context.Context) {
		GinkgoHelper()
		late := setPipeline(ctx, strings.ReplaceAll(onNode, "WAIT", "true"))
		Expect(late.run(ctx, 2)).To(gbytes.Say("no workers satisfying: .*second-node"))
		Expect(late.nodesOf("on-node")).To(BeEmpty())
	}
	goesOn := func(build *gexec.Session) {
		GinkgoHelper()
		Eventually(build, patience).Should(gexec.Exit(0))
		Expect(build.Out).To(gbytes.Say("let go 42"))
		Expect(build.Out).To(gbytes.Say("went on with let go 42"))
	}

	BeforeAll(func(ctx SpecContext) {
		needTwoNodes()
		reconfigure(ctx, func(c *concourse.Concourse) { *c = withHeartbeats(*c) })
		DeferCleanup(func(ctx SpecContext) {
			Expect(cordon(ctx, uncordoned)).To(Succeed())
			startSecond(ctx)
			Eventually(ctx, stateOfSecond).Should(Equal("running"))
		})
	}, NodeTimeout(patience))

	It("has its worker land, which finishes what it does and takes no more", func(ctx SpecContext) {
		at := newGate()
		p := setPipeline(ctx, strings.ReplaceAll(onNode, "WAIT", at.wait()))
		build := p.trigger(ctx)
		Eventually(build.Out, patience).Should(gbytes.Say("holding 42"))

		Expect(runs.Cluster.AwaitDaemonEnd(ctx, concourse.SecondWorkerDaemon, func() error {
			if err := cordon(ctx, cordoned); err != nil {
				return err
			}
			Eventually(ctx, stateOfSecond).Should(Equal("landing"))
			takesNoBuilds(ctx)

			at.open.Store(true)
			goesOn(build)
			return nil
		})).To(Succeed())

		Eventually(ctx, stateOfSecond).Should(Equal("landed"))
		Expect(p.nodesOf("elsewhere")).To(ConsistOf(runs.Cluster.NodeNames()[0]))
	}, SpecTimeout(2*patience))

	It("has a worker that is started again wait, and take builds once it is uncordoned", func(ctx SpecContext) {
		before, err := logOfSecond(0)
		Expect(err).NotTo(HaveOccurred())
		startSecond(ctx)
		Eventually(ctx, logOfSecond).WithArguments(len(before)).Should(ContainSubstring("registering-once-the-node-is-uncordoned"))
		Expect(stateOfSecond(ctx)).To(Equal("landed"))
		takesNoBuilds(ctx)

		Expect(cordon(ctx, uncordoned)).To(Succeed())
		Eventually(ctx, stateOfSecond).Should(Equal("running"))
		p := setPipeline(ctx, strings.ReplaceAll(onNode, "WAIT", "true"))
		goesOn(p.trigger(ctx))
		Expect(p.nodesOf("on-node")).To(ConsistOf(runs.Cluster.NodeNames()[1]))
	}, SpecTimeout(2*patience))
})
