package testflight_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var _ = Describe("a namespace with a limit range", Serial, Ordered, ContinueOnFailure, func() {
	const limitRange = "of-containers"
	var of boundedNamespace

	BeforeAll(func(ctx SpecContext) { of = moveSecondWorker(ctx) }, NodeTimeout(patience))

	// limit has the namespace limit containers so.
	limit := func(ctx SpecContext, item corev1.LimitRangeItem) {
		GinkgoHelper()
		item.Type = corev1.LimitTypeContainer
		ranges := of.admin.CoreV1().LimitRanges(of.name)
		_, err := ranges.Create(ctx, &corev1.LimitRange{
			ObjectMeta: metav1.ObjectMeta{Name: limitRange}, Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{item}},
		}, metav1.CreateOptions{})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(ranges.Delete, limitRange, metav1.DeleteOptions{})
	}
	quantities := func(name corev1.ResourceName, quantity string) corev1.ResourceList {
		return corev1.ResourceList{name: resource.MustParse(quantity)}
	}

	DescribeTable("has a step run within it",
		func(ctx SpecContext, limits string, item corev1.LimitRangeItem) {
			limit(ctx, item)
			build := setPipeline(ctx, mainJob(taskOn2("one", limits, "echo ran $((40+2))"))).trigger(ctx)
			Eventually(build, patience).Should(gexec.Exit(0))
			Expect(build.Out).To(gbytes.Say("ran 42"))
		},
		Entry("that wants a minimum of memory, of which the step asks for none", "",
			corev1.LimitRangeItem{Min: quantities(corev1.ResourceMemory, "16Mi")}, SpecTimeout(2*patience)),
		Entry("that wants a minimum of memory, of which the step only names a limit", "{memory: 64mb}",
			corev1.LimitRangeItem{Min: quantities(corev1.ResourceMemory, "16Mi")}, SpecTimeout(2*patience)),
		Entry("whose default limit is below the CPU that the step's shares are", "{cpu: 4096}",
			corev1.LimitRangeItem{Default: quantities(corev1.ResourceCPU, "100m")}, SpecTimeout(2*patience)),
		Entry("that bounds the ratio of a memory limit to what is asked for", "{memory: 64mb}",
			// Its image's check names no limit: without a default, the API server refuses every such pod.
			corev1.LimitRangeItem{Default: quantities(corev1.ResourceMemory, "256Mi"), MaxLimitRequestRatio: quantities(corev1.ResourceMemory, "2")}, SpecTimeout(2*patience)),
	)

	DescribeTable("has a step that it can't take say so with its numbers, and what to change",
		func(ctx SpecContext, limits string, item corev1.LimitRangeItem, words ...string) {
			limit(ctx, item)
			log := string(setPipeline(ctx, mainJob(taskOn2("one", limits, "true"))).run(ctx, 2).Contents())
			for _, word := range append(words, "LimitRange", limitRange, "container_limits.memory") {
				Expect(log).To(ContainSubstring(word))
			}
			Expect(log).NotTo(ContainSubstring("service account"))
		},
		Entry("as its maximum is below the step's limit", "{memory: 96mb}",
			corev1.LimitRangeItem{Max: quantities(corev1.ResourceMemory, "48Mi")}, "48Mi", "96Mi", SpecTimeout(2*patience)),
		Entry("as it bounds a ratio of which there is only a half", "",
			corev1.LimitRangeItem{MaxLimitRequestRatio: quantities(corev1.ResourceMemory, "2")}, "2 times the request", SpecTimeout(2*patience)),
	)
})
