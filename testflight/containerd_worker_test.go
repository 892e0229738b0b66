package testflight_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

// joinContainerdWorker has a worker of upstream's containerd runtime take steps. It is one
// for all specs: those that want it are Serial.
func joinContainerdWorker(ctx context.Context, flags ...string) {
	GinkgoHelper()
	Expect(runs.StartContainerdWorker(ctx, flags...)).To(Succeed())
	Eventually(ctx, statesOfWorkers).Should(HaveKeyWithValue(concourse.ContainerdWorkerName, "running"))
}

func leaveContainerdWorker(ctx context.Context) {
	GinkgoHelper()
	Expect(runs.StopContainerdWorker(ctx)).To(Succeed())
	states, err := statesOfWorkers(ctx)
	Expect(err).NotTo(HaveOccurred())
	if _, known := states[concourse.ContainerdWorkerName]; !known {
		return
	}
	for _, command := range []string{"land-worker", "prune-worker"} { // a running worker can't be pruned
		_, err := fly.Run(ctx, command, "-w", concourse.ContainerdWorkerName)
		Expect(err).NotTo(HaveOccurred())
	}
}
