package testflight_test

import (
	"context"
	"slices"
	"strings"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var _ = Describe("the worker of a second node that goes away", Ordered, ContinueOnFailure, func() {
	const holds = `
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
	const second = concourse.SecondWorkerName

	stateOfSecond := func(ctx context.Context) (string, error) {
		states, err := statesOfWorkers(ctx)
		return states[second], err // "" if web does not know it
	}
	// holding triggers a build that waits on the second node.
	holding := func(ctx context.Context, at *gate) (pipeline, *gexec.Session) {
		GinkgoHelper()
		p := setPipeline(ctx, strings.ReplaceAll(holds, "WAIT", at.wait()))
		build := p.trigger(ctx)
		Eventually(build.Out, patience).Should(gbytes.Say("holding 42"))
		return p, build
	}
	goesOn := func(build *gexec.Session) {
		GinkgoHelper()
		Eventually(build, patience).Should(gexec.Exit(0))
		Expect(build.Out).To(gbytes.Say("let go 42"))
		Expect(build.Out).To(gbytes.Say("went on with let go 42"))
	}
	// comesBack starts the worker again, which then takes builds as before.
	comesBack := func(ctx context.Context) {
		GinkgoHelper()
		changed := withHeartbeats(*runs)
		Expect(changed.StartDaemons(ctx)).To(Succeed())
		Eventually(ctx, stateOfSecond).Should(Equal("running"))
		goesOn(setPipeline(ctx, strings.ReplaceAll(holds, "WAIT", "true")).trigger(ctx))
	}

	BeforeAll(func(ctx SpecContext) {
		needTwoNodes()
		reconfigure(ctx, func(c *concourse.Concourse) { *c = withHeartbeats(*c) })
	}, NodeTimeout(patience))

	It("lands: finishes what it does, takes no more, and comes back", func(ctx SpecContext) {
		at := newGate()
		_, build := holding(ctx, at)
		Expect(runs.Cluster.AwaitDaemonEnd(ctx, concourse.SecondWorkerDaemon, func() error {
			if _, err := fly.Run(ctx, "land-worker", "-w", second); err != nil {
				return err
			}
			Eventually(ctx, stateOfSecond).Should(Equal("landing"))
			late := setPipeline(ctx, strings.ReplaceAll(holds, "WAIT", "true"))
			Expect(late.run(ctx, 2)).To(gbytes.Say("no workers satisfying: .*second-node"))

			at.open.Store(true)
			goesOn(build)
			return nil
		})).To(Succeed())

		Eventually(ctx, stateOfSecond).Should(Equal("landed"))
		comesBack(ctx)
	}, SpecTimeout(2*patience))

	It("retires: finishes what it does, and is forgotten with its pods when it comes back", func(ctx SpecContext) {
		at := newGate()
		_, build := holding(ctx, at)

		Expect(runs.Cluster.AwaitDaemonEnd(ctx, concourse.SecondWorkerDaemon, func() error {
			if err := runs.RetireWorker(ctx, second); err != nil {
				return err
			}
			Eventually(ctx, stateOfSecond).Should(Equal("retiring"))
			at.open.Store(true)
			goesOn(build)
			return nil
		})).To(Succeed())

		Eventually(ctx, stateOfSecond).Should(BeEmpty())
		comesBack(ctx)
		Eventually(ctx, podsOfWorker).WithArguments(second).WithTimeout(patience).Should(BeEmpty())
	}, SpecTimeout(2*patience))

	It("is pruned once it has landed, and comes back", func(ctx SpecContext) {
		Expect(runs.Cluster.AwaitDaemonEnd(ctx, concourse.SecondWorkerDaemon, func() error {
			_, err := fly.Run(ctx, "land-worker", "-w", second)
			return err
		})).To(Succeed())
		Eventually(ctx, stateOfSecond).Should(Equal("landed"))

		_, err := fly.Run(ctx, "prune-worker", "-w", second)
		Expect(err).NotTo(HaveOccurred())
		Expect(stateOfSecond(ctx)).To(BeEmpty())
		comesBack(ctx)
	}, SpecTimeout(2*patience))

	It("is killed, and finds its pod again, which went on meanwhile", func(ctx SpecContext) {
		at := newGate()
		p, build := holding(ctx, at)

		Expect(runs.Cluster.KillDaemon(ctx, concourse.SecondWorkerDaemon)).To(Succeed())
		Eventually(ctx, stateOfSecond).Should(Equal("stalled"))
		at.open.Store(true)
		Expect(build).NotTo(gexec.Exit())

		comesBack(ctx)
		goesOn(build)
		held := slices.DeleteFunc(p.pods(), func(pod stepPod) bool { return pod.Step != "holds" })
		Expect(held).To(HaveLen(1))
	}, SpecTimeout(2*patience))
})

// withHeartbeats returns c with a web that soon knows what its workers do.
func withHeartbeats(c concourse.Concourse) concourse.Concourse {
	c.WebFlags = append([]string{"--tsa-heartbeat-interval=2s"}, c.WebFlags...)
	return c
}

// podsOfWorker names the pods of the Kubernetes worker of that name.
func podsOfWorker(ctx context.Context, worker string) ([]string, error) {
	client, err := runs.Client()
	if err != nil {
		return nil, err
	}
	list, err := client.CoreV1().Pods(concourse.Namespace).List(ctx, metav1.ListOptions{LabelSelector: "concourse-ci.org/worker=" + worker})
	if err != nil {
		return nil, err
	}
	return names(list.Items), nil
}
