package testflight_test

import (
	"context"
	"slices"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var _ = Describe("the worker of a second node that goes away", Serial, Ordered, ContinueOnFailure, func() {
	const second = concourse.SecondWorkerName

	// comesBack starts the worker again, which then takes builds as before.
	comesBack := func(ctx context.Context) {
		GinkgoHelper()
		startSecondAgain(ctx)
		Eventually(ctx, stateOfSecond).Should(Equal("running"))
		goesOn(setHeldPipeline(ctx, "true").trigger(ctx))
	}

	BeforeAll(func(ctx SpecContext) {
		needTwoNodes()
		reconfigure(ctx, func(c *concourse.Concourse) { *c = withHeartbeats(*c) })
	}, NodeTimeout(patience))

	It("lands: finishes what it does, takes no more, and comes back", func(ctx SpecContext) {
		at := newGate()
		_, build := startHeldBuild(ctx, at)
		Expect(runs.Cluster.AwaitDaemonEnd(ctx, concourse.SecondWorkerDaemon, func() error {
			if _, err := fly.Run(ctx, "land-worker", "-w", second); err != nil {
				return err
			}
			Eventually(ctx, stateOfSecond).Should(Equal("landing"))
			secondTakesNoBuilds(ctx)

			at.open.Store(true)
			goesOn(build)
			return nil
		})).To(Succeed())

		Eventually(ctx, stateOfSecond).Should(Equal("landed"))
		comesBack(ctx)
	}, SpecTimeout(2*patience))

	It("retires: finishes what it does, and is forgotten with its pods when it comes back", func(ctx SpecContext) {
		at := newGate()
		_, build := startHeldBuild(ctx, at)

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
		p, build := startHeldBuild(ctx, at)

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
