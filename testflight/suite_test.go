// Package testflight_test drives a real Concourse on a real cluster through
// fly. `make testflight` starts both.
//
// The specs run in any order and in several processes at once. So a spec has a
// pipeline of its own, and what it counts is its own too: an image whose checks,
// pulls or gets it counts (newRepository), a resource whose checks or gets it
// counts (newName in the source). Concourse shares a check and a get among all
// who ask for the same. A spec that restarts, reconfigures or starves what others
// use is Serial: Ginkgo runs it after the others, alone.
package testflight_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	"github.com/concourse/concourse-kubernetes/testflight/leftover"
	client "github.com/concourse/concourse/go-concourse/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
)

func TestSuite(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(time.Minute)
	SetDefaultEventuallyPollingInterval(200 * time.Millisecond)
	RunSpecs(t, "Testflight")
}

var (
	runs *concourse.Concourse
	fly  concourse.Fly
	pods *concourse.Pods
	api  client.Client
)

// before is what there was before the first spec. Only the first process has it, which
// looks in the end too.
var before leftover.Traces

var _ = SynchronizedBeforeSuite(func(ctx SpecContext) {
	first := fromEnvironment(ctx)
	Expect(first.StartDaemons(ctx)).To(Succeed())
	var err error
	before, err = first.Traces(ctx)
	Expect(err).NotTo(HaveOccurred())
}, func() {
	ctx, stop := context.WithCancel(context.Background())
	DeferCleanup(stop)

	runs = fromEnvironment(ctx)
	var err error
	fly, err = runs.Login(ctx, GinkgoT().TempDir())
	Expect(err).NotTo(HaveOccurred())
	pods, err = runs.WatchPods(ctx)
	Expect(err).NotTo(HaveOccurred())
	api, err = runs.API(ctx)
	Expect(err).NotTo(HaveOccurred())
})

// fromEnvironment is the Concourse that all processes of the suite use.
func fromEnvironment(ctx context.Context) *concourse.Concourse {
	GinkgoHelper()
	found, err := concourse.FromEnvironment(ctx, filepath.Join("..", "bin"), GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	found.Cluster.Process = GinkgoParallelProcess() - 1
	return found
}

var _ = SynchronizedAfterSuite(func() {}, func(ctx SpecContext) {
	if runs == nil || fly.Path == "" {
		return
	}
	By("having Concourse keep nothing for a later use")
	Expect(runs.RestartWeb(ctx, "--gc-one-off-grace-period=1s", "--gc-hijack-grace-period=1s", "--gc-failed-grace-period=1s")).To(Succeed())

	By("leaving nothing behind once Concourse's GC has run")
	Eventually(ctx, func(g Gomega) {
		g.Expect(runs.ExpireChecks(ctx)).To(Succeed())
		g.Expect(runs.ExpireLostChecks(ctx)).To(Succeed())
		traces, err := runs.Traces(ctx)
		g.Expect(err).NotTo(HaveOccurred())
		kept, err := keptVolumes(ctx)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(traces.Since(before).Without(kept).Names()).To(BeEmpty())
	}).WithTimeout(4 * time.Minute).WithPolling(time.Second).Should(Succeed())
}, NodeTimeout(5*time.Minute))

// keptVolumes are the handles of what Concourse keeps on purpose: the image of
// a resource type outlives the last use of its resources by more than an hour,
// what fly execute sent and fetched stays for half a day.
func keptVolumes(ctx context.Context) ([]string, error) {
	listed, err := fly.Run(ctx, "volumes", "--json")
	if err != nil {
		return nil, err
	}
	var volumes []struct{ ID, Type string }
	if err := json.Unmarshal([]byte(listed), &volumes); err != nil {
		return nil, err
	}
	var kept []string
	for _, volume := range volumes {
		if volume.Type == "resource" || volume.Type == "artifact" {
			kept = append(kept, volume.ID)
		}
	}
	return kept, nil
}

func names(pods []corev1.Pod) []string {
	var found []string
	for _, pod := range pods {
		found = append(found, pod.Name)
	}
	return found
}
