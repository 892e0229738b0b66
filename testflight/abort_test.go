package testflight_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

var _ = Describe("aborting a build", func() {
	abort := func(ctx SpecContext, script string) *gbytes.Buffer {
		GinkgoHelper()
		p := setPipeline(ctx, task("{repository: ((registry))/busybox}", "", script))
		session := p.trigger(ctx)
		Eventually(session.Out, patience).Should(gbytes.Say("now running"))

		_, err := fly.Run(ctx, "abort-build", "-j", p.name+"/main", "-b", "1")
		Expect(err).NotTo(HaveOccurred())
		Eventually(session, patience).Should(gexec.Exit(3))

		By("removing the pod by Concourse's GC")
		client, err := runs.Client()
		Expect(err).NotTo(HaveOccurred())
		Eventually(func(g Gomega) {
			list, err := client.CoreV1().Pods(concourse.Namespace).List(ctx, metav1.ListOptions{
				LabelSelector: "concourse-ci.org/type=task,concourse-ci.org/pipeline=" + p.name,
			})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(names(list.Items)).To(BeEmpty())
		}).WithTimeout(patience).Should(Succeed())
		return session.Out
	}

	It("sends SIGTERM to the process", func(ctx SpecContext) {
		log := abort(ctx, `trap 'echo told to end; exit 1' TERM; echo now running; while true; do sleep 0.1; done`)
		Expect(log).To(gbytes.Say("told to end"))
	}, SpecTimeout(5*time.Minute))

	It("kills a process that ignores SIGTERM", func(ctx SpecContext) {
		abort(ctx, `trap '' TERM; echo now running; while true; do sleep 0.1; done`)
	}, SpecTimeout(5*time.Minute))
})
