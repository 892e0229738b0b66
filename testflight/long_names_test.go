package testflight_test

import (
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	corev1 "k8s.io/api/core/v1"
)

var _ = Describe("a task with a very long name", func() {
	It("runs, in a pod that has the beginning of it", func(ctx SpecContext) {
		long := strings.Repeat("very-", 1<<18/5)
		p := setPipeline(ctx, strings.Replace(task("{repository: ((registry))/busybox}", "", "echo ran as $((40+2))"), "task: one", "task: "+long+"long", 1))
		Expect(p.run(ctx, 0)).To(gbytes.Say("ran as 42"))

		var found []*corev1.Pod
		for _, pod := range p.pods() {
			if pod.Type == "task" {
				found = append(found, pod.Pod)
			}
		}
		Expect(found).To(HaveLen(1))
		Expect(found[0].Annotations["concourse-ci.org/step"]).To(And(HavePrefix("very-very-"), HaveSuffix("…")))
		Expect(len(found[0].Annotations["concourse-ci.org/step"])).To(BeNumerically("<=", 1024))
	}, SpecTimeout(3*time.Minute))
})
