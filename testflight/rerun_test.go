package testflight_test

import (
	"context"
	"os/exec"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

// Without the flag they error, as other specs show.
var _ = Describe("with --enable-rerun-when-worker-disappears, a step whose pod is taken from it", Serial, func() {
	rerun := func(c *concourse.Concourse) {
		*c = withHeartbeats(*c)
		c.WebFlags = append(c.WebFlags, "--enable-rerun-when-worker-disappears")
	}

	// again waits until the build's task holds once more.
	again := func(build *gexec.Session) {
		GinkgoHelper()
		Eventually(build.Out, patience).Should(gbytes.Say("disappeared.*will retry"))
		Eventually(build.Out, patience).Should(gbytes.Say("holding 42"))
	}

	// evict asks for the eviction of the pod of a step.
	evict := func(ctx context.Context, p pipeline, step string) {
		GinkgoHelper()
		client, err := runs.Client()
		Expect(err).NotTo(HaveOccurred())
		for _, pod := range p.pods() {
			if pod.Step == step {
				Expect(client.PolicyV1().Evictions(concourse.Namespace).Evict(ctx, &policyv1.Eviction{
					ObjectMeta: metav1.ObjectMeta{Name: pod.Pod.Name, Namespace: concourse.Namespace},
				})).To(Succeed())
			}
		}
	}

	It("by an eviction, runs again, and no step that had ended", func(ctx SpecContext) {
		reconfigure(ctx, rerun)
		at := newGate()
		p := setPipeline(ctx, mainJob(taskOn1("ended", "", "echo did $((40+2))"), taskOn1("one", "", holds(at))))
		build := p.trigger(ctx)
		Eventually(build.Out, patience).Should(gbytes.Say("holding 42"))

		evict(ctx, p, "ended")
		evict(ctx, p, "one")
		again(build)
		at.open.Store(true)
		Eventually(build, patience).Should(gexec.Exit(0))
		Expect(strings.Count(string(build.Out.Contents()), "did 42")).To(Equal(1))
	}, SpecTimeout(3*patience))

	It("by a drain of its node, runs again on another", func(ctx SpecContext) {
		needTwoNodes()
		first, second := runs.Cluster.NodeNames()[0], runs.Cluster.NodeNames()[1]
		reconfigure(ctx, rerun)
		at := newGate()
		p := setPipeline(ctx, mainJob(taskOn2("one", "", holds(at))))
		build := p.trigger(ctx)
		Eventually(build.Out, patience).Should(gbytes.Say("holding 42"))
		Expect(p.nodesOf("one")).To(ConsistOf(second))

		By("having the first node's worker take such steps too")
		reconfigure(ctx, func(c *concourse.Concourse) {
			rerun(c)
			c.WorkerFlags = append(c.WorkerFlags, "--tag="+concourse.SecondWorkerTag)
		})
		kubectl := func(ctx context.Context, args ...string) {
			GinkgoHelper()
			said, err := exec.CommandContext(ctx, runs.Cluster.Kubectl(), append([]string{"--kubeconfig", runs.Cluster.Kubeconfig()}, args...)...).CombinedOutput()
			Expect(err).NotTo(HaveOccurred(), string(said))
		}
		DeferCleanup(func(ctx SpecContext) {
			kubectl(ctx, "uncordon", second)
			startSecondAgain(ctx)
			Eventually(ctx, stateOfSecond).Should(Equal("running"))
		}, NodeTimeout(time.Minute))
		Expect(runs.Cluster.AwaitDaemonEnd(ctx, concourse.SecondWorkerDaemon, func() error {
			kubectl(ctx, "drain", second, "--force", "--ignore-daemonsets", "--delete-emptydir-data")
			again(build)
			Expect(p.nodesOf("one")).To(ConsistOf(first, second))
			at.open.Store(true)
			Eventually(build, patience).Should(gexec.Exit(0))
			return nil
		})).To(Succeed(), "the worker lands once its builds have ended")
	}, SpecTimeout(4*patience))
})
