package testflight_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

var _ = Describe("kubectl", func() {
	kubectl := func(ctx SpecContext, args ...string) string {
		GinkgoHelper()
		command := exec.CommandContext(ctx, runs.Cluster.Kubectl(), append([]string{"--kubeconfig", runs.Cluster.Kubeconfig(), "-n", concourse.Namespace}, args...)...)
		output, err := command.CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(output))
		return string(output)
	}

	It("finds a step's pod by what people call it, and shows its output and what happened to it", func(ctx SpecContext) {
		p := setPipeline(ctx, task("{repository: ((registry))/busybox}", "", "echo now running; while ! test -e /tmp/end; do sleep 0.1; done"))
		session := p.trigger(ctx)
		Eventually(session.Out, patience).Should(gbytes.Say("now running"))

		all := "concourse-ci.org/team=main,concourse-ci.org/pipeline=" + p.name +
			",concourse-ci.org/job=main,concourse-ci.org/build=1,concourse-ci.org/step=one,concourse-ci.org/type=task"
		name := strings.TrimSpace(kubectl(ctx, "get", "pods", "-l", all, "-o", "name"))
		Expect(name).To(MatchRegexp(`^pod/` + p.name + `-main-1-task-one-[0-9a-f]{8}$`))

		// The kubelet reports a container up to a second after it runs. One that is busy
		// drops events, so that none is sure to be there.
		Eventually(ctx, func() string { return kubectl(ctx, "describe", name) }).Should(And(
			MatchRegexp(`State:\s+Running`),
			MatchRegexp(`Ready\s+True`),
			MatchRegexp(`Events:\s+Type`),
		))
		Expect(kubectl(ctx, "logs", name)).To(ContainSubstring("now running"))

		_, err := fly.Run(ctx, "intercept", "-j", p.name+"/main", "-s", "one", "--", "touch", "/tmp/end")
		Expect(err).NotTo(HaveOccurred())
		Eventually(session, patience).Should(gexec.Exit(0))
	}, SpecTimeout(3*time.Minute))

	It("shows what a resource's check says", func(ctx SpecContext) {
		p := setPipeline(ctx, `
resources:
- name: thing
  type: mock
  source: {initial_version: `+newName()+`, log: some words of the check}
jobs:
- name: main
  plan:
  - get: thing
`)
		p.run(ctx, 0)
		checks := "concourse-ci.org/pipeline=" + p.name + ",concourse-ci.org/step=thing,concourse-ci.org/type=check"
		Eventually(ctx, func() string { return kubectl(ctx, "logs", "-l", checks) }).Should(ContainSubstring("some words of the check"))
	}, SpecTimeout(3*time.Minute))

	It("shows on every pod what the operator's template has", Serial, func(ctx SpecContext) {
		template := filepath.Join(GinkgoT().TempDir(), "template.yml")
		Expect(os.WriteFile(template, []byte("metadata: {labels: {cost-centre: ci}}\nspec: {tolerations: [{key: ci, operator: Exists}]}\n"), 0o644)).To(Succeed())
		Expect(runs.RestartWorker(ctx, "--kubernetes-pod-template="+template)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) { Expect(runs.RestartWorker(ctx)).To(Succeed()) })

		p := setPipeline(ctx, task("{repository: ((registry))/busybox}", "", "true"))
		p.run(ctx, 0)
		pod := p.podOf("task")
		Expect(pod.Labels).To(HaveKeyWithValue("cost-centre", "ci"))
		Expect(pod.Spec.Tolerations).To(ContainElement(HaveField("Key", "ci")))
	}, SpecTimeout(3*time.Minute))
})
