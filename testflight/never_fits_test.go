package testflight_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

var _ = Describe("a step that asks for more memory", Serial, func() {
	It("than its node has fails at once, and says how much that is", func(ctx SpecContext) {
		restartWithMemory(ctx, 2*allocatableMemory(ctx))
		p := setPipeline(ctx, mainJob(taskOn1("one", "", "true")))
		log := string(p.run(ctx, 2).Contents())
		Expect(log).To(And(
			ContainSubstring("memory"),
			MatchRegexp(`never|more than`),
			ContainSubstring(runs.Cluster.NodeName()),
			MatchRegexp(`\d+(\.\d+)?\s?[KMGT]i?B?\D.*\d+(\.\d+)?\s?[KMGT]i?B?\b`), // asked for, and had
		))
		Expect(log).NotTo(ContainSubstring("not started within"))
	}, SpecTimeout(2*patience))

	It("than its node has left has those that have ended give way", func(ctx SpecContext) {
		restartWithMemory(ctx, allocatableMemory(ctx)/5*2)
		p := setPipeline(ctx, mainJob(copies(4, func(name string) string { return taskOn1(name, "", "true") })...))
		p.run(ctx, 0)
	}, SpecTimeout(2*patience))
})

// restartWithMemory has every step of the first node's worker ask for that many bytes.
// Its starts take long enough that one that waits for room outlasts a spec.
func restartWithMemory(ctx SpecContext, bytes int64) {
	GinkgoHelper()
	template := filepath.Join(GinkgoT().TempDir(), "template.yml")
	Expect(os.WriteFile(template, []byte(fmt.Sprintf("spec: {containers: [{name: step, resources: {requests: {memory: %d}}}]}\n", bytes)), 0o644)).To(Succeed())
	Expect(runs.RestartWorker(ctx, "--kubernetes-pod-template="+template, "--kubernetes-pod-startup-timeout="+time.Hour.String())).To(Succeed())
	DeferCleanup(func(ctx SpecContext) {
		Expect(runs.RestartWorker(ctx)).To(Succeed())
		By("leaving no pod that asks for so much")
		clearWorker(ctx, concourse.WorkerName)
	})
	awaitWorkers(ctx)
}
