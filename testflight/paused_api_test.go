package testflight_test

import (
	"context"
	"slices"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

var _ = Describe("a worker that starts again while the API server does not answer", Serial, func() {
	It("goes on with a step that runs", func(ctx SpecContext) {
		needTwoNodes()
		needOwnCluster()
		at := newGate()
		p, build := startHeldBuild(ctx, at)

		Expect(runs.Cluster.KillDaemon(ctx, concourse.SecondWorkerDaemon)).To(Succeed())
		apiServer := pidOf("kube-apiserver")
		Expect(syscall.Kill(apiServer, syscall.SIGSTOP)).To(Succeed())
		goOn := func() { syscall.Kill(apiServer, syscall.SIGCONT) } // it may run already
		DeferCleanup(goOn)
		started := make(chan error, 1)
		go func() { started <- runs.StartDaemons(context.WithoutCancel(ctx)) }()
		Eventually(func() error {
			_, err := runs.Cluster.DaemonProcess(concourse.SecondWorkerDaemon)
			return err
		}).Should(Succeed())
		Consistently(build, "3s").ShouldNot(gexec.Exit())

		goOn()
		Eventually(started, patience).Should(Receive(BeNil()))
		awaitWorkers(ctx)
		at.open.Store(true)
		goesOn(build)
		held := slices.DeleteFunc(p.pods(), func(pod stepPod) bool { return pod.Step != "holds" })
		Expect(held).To(HaveLen(1))
	}, SpecTimeout(2*patience))
})
