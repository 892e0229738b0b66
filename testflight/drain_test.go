package testflight_test

import (
	"context"
	"os"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

var _ = Describe("a node that is cordoned", Serial, Ordered, func() {
	cordon := func(ctx context.Context, patch string) error {
		client, err := runs.Client()
		if err != nil {
			return err
		}
		_, err = client.CoreV1().Nodes().Patch(ctx, runs.Cluster.NodeNames()[1], types.MergePatchType, []byte(patch), metav1.PatchOptions{})
		return err
	}
	const cordoned, uncordoned = `{"spec":{"unschedulable":true}}`, `{"spec":{"unschedulable":null}}`

	// logOfSecond is what the worker has logged since it had logged that much.
	logOfSecond := func(since int) (string, error) {
		log, err := os.ReadFile(runs.Cluster.DaemonLog(concourse.SecondWorkerDaemon))
		return string(log[min(since, len(log)):]), err
	}

	BeforeAll(func(ctx SpecContext) {
		needTwoNodes()
		reconfigure(ctx, func(c *concourse.Concourse) { *c = withHeartbeats(*c) })
		DeferCleanup(func(ctx SpecContext) {
			Expect(cordon(ctx, uncordoned)).To(Succeed())
			startSecondAgain(ctx)
			Eventually(ctx, stateOfSecond).Should(Equal("running"))
		})
	}, NodeTimeout(patience))

	It("has its worker land, which finishes what it does and takes no more", func(ctx SpecContext) {
		at := newGate()
		p, build := startHeldBuild(ctx, at)

		Expect(runs.Cluster.AwaitDaemonEnd(ctx, concourse.SecondWorkerDaemon, func() error {
			if err := cordon(ctx, cordoned); err != nil {
				return err
			}
			Eventually(ctx, stateOfSecond).Should(Equal("landing"))
			secondTakesNoBuilds(ctx)

			at.open.Store(true)
			goesOn(build)
			return nil
		})).To(Succeed())

		Eventually(ctx, stateOfSecond).Should(Equal("landed"))
		Expect(p.nodesOf("goes-on")).To(ConsistOf(runs.Cluster.NodeNames()[0]))
	}, SpecTimeout(2*patience))

	It("has a worker that is started again wait, and take builds once it is uncordoned", func(ctx SpecContext) {
		before, err := logOfSecond(0)
		Expect(err).NotTo(HaveOccurred())
		startSecondAgain(ctx)
		Eventually(ctx, logOfSecond).WithArguments(len(before)).Should(ContainSubstring("registering-once-the-node-is-uncordoned"))
		Expect(stateOfSecond(ctx)).To(Equal("landed"))
		secondTakesNoBuilds(ctx)

		Expect(cordon(ctx, uncordoned)).To(Succeed())
		Eventually(ctx, stateOfSecond).Should(Equal("running"))
		p := setHeldPipeline(ctx, "true")
		goesOn(p.trigger(ctx))
		Expect(p.nodesOf("holds")).To(ConsistOf(runs.Cluster.NodeNames()[1]))
	}, SpecTimeout(2*patience))

	It("has a worker that crashed go on with its steps, and land then", func(ctx SpecContext) {
		at := newGate()
		_, build := startHeldBuild(ctx, at)
		Expect(cordon(ctx, cordoned)).To(Succeed())
		Eventually(ctx, stateOfSecond).Should(Equal("landing"))

		Expect(runs.Cluster.KillDaemon(ctx, concourse.SecondWorkerDaemon)).To(Succeed())
		startSecondAgain(ctx)
		Expect(runs.Cluster.AwaitDaemonEnd(ctx, concourse.SecondWorkerDaemon, func() error {
			at.open.Store(true)
			goesOn(build)
			return nil
		})).To(Succeed())
		Eventually(ctx, stateOfSecond).Should(Equal("landed"))
	}, SpecTimeout(2*patience))
})
