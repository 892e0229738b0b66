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
		has := allocatableMemory(ctx)
		restartWithMemory(ctx, 2*has)
		p := setPipeline(ctx, mainJob(taskOn1("one", "", "true")))
		log := string(p.run(ctx, 2).Contents())
		Expect(log).To(And(
			ContainSubstring("asks for more memory than the node has"),
			ContainSubstring(runs.Cluster.NodeName()),
			ContainSubstring(fmt.Sprint(2*has)),
			ContainSubstring(fmt.Sprint(has)),
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
