// Package testflight_test drives a real Concourse on a real cluster through
// fly. `make testflight` starts both; the specs run one after another.
package testflight_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	client "github.com/concourse/concourse/go-concourse/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

var _ = BeforeSuite(func() {
	ctx, stop := context.WithCancel(context.Background())
	DeferCleanup(stop)

	var err error
	runs, err = concourse.FromEnvironment(ctx, filepath.Join("..", "bin"), GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	Expect(runs.StartDaemons(ctx)).To(Succeed())

	fly, err = runs.Login(ctx, GinkgoT().TempDir())
	Expect(err).NotTo(HaveOccurred())
	pods, err = runs.WatchPods(ctx)
	Expect(err).NotTo(HaveOccurred())
	api, err = runs.API(ctx)
	Expect(err).NotTo(HaveOccurred())
})

var _ = AfterSuite(func(ctx SpecContext) {
	if runs == nil || fly.Path == "" {
		return
	}
	// A check's pod serves later checks of the same source: Concourse keeps it
	// for five minutes at least, whatever became of the pipeline.
	By("leaving nothing behind once Concourse's GC has run")
	client, err := runs.Client()
	Expect(err).NotTo(HaveOccurred())

	Eventually(ctx, func(g Gomega) {
		list, err := client.CoreV1().Pods(concourse.Namespace).List(ctx, metav1.ListOptions{})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(names(list.Items)).To(BeEmpty(), "pods")

		secrets, err := client.CoreV1().Secrets(concourse.Namespace).List(ctx, metav1.ListOptions{})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(secrets.Items).To(BeEmpty(), "secrets")

		left, err := runs.Leftovers()
		g.Expect(err).NotTo(HaveOccurred())
		kept, err := keptVolumes(ctx)
		g.Expect(err).NotTo(HaveOccurred())
		left = slices.DeleteFunc(left, func(trace string) bool {
			return slices.ContainsFunc(kept, func(handle string) bool { return strings.Contains(trace, handle) })
		})
		g.Expect(left).To(BeEmpty(), "volumes, mounts, state directories and processes")
	}).WithTimeout(7 * time.Minute).WithPolling(time.Second).Should(Succeed())
}, NodeTimeout(8*time.Minute))

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
