package testflight_test

import (
	"context"
	"encoding/json"
	"os"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

var _ = Describe("secrets", func() {
	It("appear in no pod, no event of the cluster and no log of ours", func(ctx SpecContext) {
		const param, password = "canary-of-a-param", "canary-of-a-password"
		p := setPipeline(ctx, `
resources:
- name: thing
  type: mock
  source: {metadata: [{name: password, value: ((password))}]}
jobs:
- name: main
  plan:
  - get: thing
  - task: one
    params: {SECRET: ((param))}
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      run: {path: sh, args: [-ec, 'test -n "$SECRET"']}
`, "param="+param, "password="+password)
		p.run(ctx, 0)
		Expect(p.pods()).NotTo(BeEmpty())
		expectNowhere(ctx, param)
		expectNowhere(ctx, password)
	}, SpecTimeout(3*time.Minute))
})

// expectNowhere expects that a secret is in no pod so far, no event of the
// cluster and no log of ours.
func expectNowhere(ctx context.Context, secret string) {
	GinkgoHelper()
	pods.Each(func(pod *corev1.Pod, _ string) {
		Expect(json.Marshal(pod)).NotTo(ContainSubstring(secret))
	})

	client, err := runs.Client()
	Expect(err).NotTo(HaveOccurred())
	events, err := client.CoreV1().Events(concourse.Namespace).List(ctx, metav1.ListOptions{})
	Expect(err).NotTo(HaveOccurred())
	Expect(events.Items).NotTo(BeEmpty())
	Expect(json.Marshal(events.Items)).NotTo(ContainSubstring(secret))

	for _, daemon := range []string{"web", "worker"} {
		log, err := os.ReadFile(runs.Cluster.DaemonLog(daemon))
		Expect(err).NotTo(HaveOccurred())
		Expect(log).NotTo(BeEmpty())
		Expect(log).NotTo(ContainSubstring(secret), daemon)
	}
}
