package testflight_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

var _ = Describe("a namespace with a quota of pods", Serial, func() {
	const quota, pods = "of-pods", 3

	It("has a step wait while running steps fill it, and its log names the quota", func(ctx SpecContext) {
		of := moveSecondWorker(ctx)
		_, err := of.admin.CoreV1().ResourceQuotas(of.name).Create(ctx, &corev1.ResourceQuota{
			ObjectMeta: metav1.ObjectMeta{Name: quota},
			Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{corev1.ResourcePods: resource.MustParse("3")}},
		}, metav1.CreateOptions{})
		Expect(err).NotTo(HaveOccurred())
		Eventually(ctx, func() (corev1.ResourceList, error) {
			found, err := of.admin.CoreV1().ResourceQuotas(of.name).Get(ctx, quota, metav1.GetOptions{})
			return found.Status.Hard, err
		}).Should(HaveKey(corev1.ResourcePods))

		at := newGate()
		fill := holdTasksOnSecond(ctx, at, pods)
		build := setPipeline(ctx, mainJob(taskOn2("waits", "", "echo ran $((40+2))"))).trigger(ctx)
		Eventually(func() string { return string(build.Out.Contents()) }).WithTimeout(patience).Should(And(
			ContainSubstring("waiting for the pod"),
			ContainSubstring(quota),
			MatchRegexp(`\b%d of %[1]d pods`, pods),
		))
		Expect(build).NotTo(gexec.Exit())
		Expect(build.Out).NotTo(gbytes.Say("ran 42"))

		at.open.Store(true)
		Eventually(fill, patience).Should(gexec.Exit(0))
		Eventually(build, patience).Should(gexec.Exit(0))
		Expect(string(build.Out.Contents())).To(And(ContainSubstring("ran 42"), Not(ContainSubstring("service account"))))
	}, SpecTimeout(3*patience))
})

// moveSecondWorker has the second node's worker make its pods in a namespace of the
// spec's own.
func moveSecondWorker(ctx context.Context) boundedNamespace {
	GinkgoHelper()
	needTwoNodes()
	of := newBoundedNamespace(ctx)
	reconfigure(ctx, func(c *concourse.Concourse) {
		c.SecondWorkerFlags = append([]string{"--kubernetes-namespace=" + of.name}, c.SecondWorkerFlags...)
	})
	return of
}
