package testflight_test

import (
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

var _ = Describe("a worker that is told to end while a kubelet pulls a step's image", Serial, func() {
	It("ends without the pod, and says so to the step", func(ctx SpecContext) {
		awaitWorkers(ctx)
		registry := serveRegistry()
		repository := registry.address + "/" + newName()
		digest := pushNew(repository+":latest", "busybox:latest")
		p := setPipeline(ctx, task("{repository: "+repository+"}", ", version: {digest: "+digest+"}", "true"))

		release := registry.hold()
		build := p.trigger(ctx)
		Eventually(registry.downloaded).WithTimeout(patience).ShouldNot(BeEmpty())

		// The pod may take minutes to start.
		worker := pidOf(concourse.WorkerDaemon)
		Expect(runs.Cluster.AwaitDaemonEnd(ctx, concourse.WorkerDaemon, func() error {
			return syscall.Kill(worker, syscall.SIGTERM)
		})).To(Succeed())
		release()
		Expect(runs.StartDaemons(ctx)).To(Succeed())
		awaitWorkers(ctx)
		Eventually(build).WithTimeout(patience).Should(gexec.Exit(2))
		Expect(string(build.Out.Contents())).To(ContainSubstring("disappeared: it was stopped while the pod was starting"))
	}, SpecTimeout(2*time.Minute))
})
