package testflight_test

import (
	"fmt"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/cluster"
	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

var _ = Describe("a private registry", func() {
	source := func(login string) string {
		return "{repository: ((private-registry))/busybox" + login + "}"
	}
	with := func(login cluster.Login) string {
		return fmt.Sprintf(", username: %s, password: %s", login.User, login.Password)
	}
	pinned := func() string { return fmt.Sprintf(", version: {digest: %q}", digestOf("busybox:latest")) }

	It("is asked by each pipeline with its own login", func(ctx SpecContext) {
		secrets := watchSecrets(ctx)
		for _, login := range runs.Cluster.RegistryLogins() {
			p := setPipeline(ctx, task(source(with(login)), "", "echo let in"))
			Expect(p.run(ctx, 0)).To(gbytes.Say("let in"))

			pod := p.podOf("task")
			Eventually(secrets.logins).Should(HaveKeyWithValue(pod.Name, ContainSubstring(`"username":"`+login.User+`"`)))
			Expect(pod.Spec.ImagePullSecrets[0].Name).To(Equal(pod.Name))
		}
	}, SpecTimeout(3*time.Minute))

	It("has a Secret for a pod as long as there is the pod, which owns it", func(ctx SpecContext) {
		secrets := watchSecrets(ctx)
		p := setPipeline(ctx, task(source(with(runs.Cluster.RegistryLogins()[0])), pinned(), "sleep 600"))
		session := p.trigger(ctx)
		Eventually(session.Out, patience).Should(gbytes.Say("running"))

		pod := p.podOf("task")
		Eventually(secrets.ownersOf).WithArguments(pod.Name).Should(HaveExactElements(HaveField("UID", pod.UID)))
		_, err := fly.Run(ctx, "abort-build", "-j", p.name+"/main", "-b", "1")
		Expect(err).NotTo(HaveOccurred())
		Eventually(ctx, secrets.names).Should(Not(ContainElement(pod.Name)))
	}, SpecTimeout(3*time.Minute))

	DescribeTable("refuses a wrong password with its own words, and nobody repeats the password",
		func(ctx SpecContext, version func() string) {
			wrong := cluster.Login{User: runs.Cluster.RegistryUser(), Password: "canary-of-a-wrong-password"}
			p := setPipeline(ctx, task(source(with(wrong)), version(), "true"))
			log := p.run(ctx, 2)
			Expect(log).To(gbytes.Say("(?i)unauthorized"))
			Expect(log.Contents()).NotTo(ContainSubstring(wrong.Password))
			Expect(logOf(p.lastBuild())).NotTo(ContainSubstring(wrong.Password))
			expectNowhere(ctx, wrong.Password)
		},
		Entry("in the check", func() string { return "" }, SpecTimeout(3*time.Minute)),
		Entry("in the kubelet's pull, where a pinned version is not checked", pinned, SpecTimeout(3*time.Minute)),
	)

	It("decides about an image on the node that a pod without a login names by its digest", func(ctx SpecContext) {
		setPipeline(ctx, task(source(with(runs.Cluster.RegistryLogins()[0])), pinned(), "true")).run(ctx, 0)
		p := setPipeline(ctx, task(source(""), pinned(), "true"))
		Expect(p.run(ctx, 2)).To(gbytes.Say("(?i)unauthorized"))
	}, SpecTimeout(3*time.Minute))

	Context("with its login in a credential manager", Serial, func() {
		BeforeEach(func(ctx SpecContext) {
			login := runs.Cluster.RegistryLogins()[1]
			Expect(runs.RestartWeb(ctx, "--dummy-creds-var=registry-user="+login.User, "--dummy-creds-var=registry-password="+login.Password)).To(Succeed())
			DeferCleanup(func(ctx SpecContext) { Expect(runs.RestartWeb(ctx)).To(Succeed()) })
		}, NodeTimeout(time.Minute))

		It("pulls with it, and the log shows it redacted", func(ctx SpecContext) {
			image := source(", username: ((registry-user)), password: ((registry-password))")
			p := setPipeline(ctx, task(image, "", "echo the password is $PASSWORD")+"      params: {PASSWORD: ((registry-password))}\n")
			log := p.run(ctx, 0)
			Expect(string(log.Contents())).To(And(
				ContainSubstring("the password is ((redacted))"),
				Not(ContainSubstring(runs.Cluster.RegistryLogins()[1].Password)),
			))
			Expect(p.imageGets()).To(BeEmpty())
			expectNowhere(ctx, runs.Cluster.RegistryLogins()[1].Password)
		}, SpecTimeout(3*time.Minute))
	})

	Context("with its login in a Secret of the operator's", Serial, func() {
		It("lets every pod pull, without a login in the source", func(ctx SpecContext) {
			createPullSecret(ctx, concourse.OperatorSecret, runs.Cluster.RegistryLogins()[0])
			Expect(runs.RestartWorker(ctx, "--kubernetes-image-pull-secret="+concourse.OperatorSecret)).To(Succeed())
			DeferCleanup(func(ctx SpecContext) { Expect(runs.RestartWorker(ctx)).To(Succeed()) })

			p := setPipeline(ctx, task(source(""), pinned(), "echo let in"))
			Expect(p.run(ctx, 0)).To(gbytes.Say("let in"))
			Expect(p.podOf("task").Spec.ImagePullSecrets).To(HaveExactElements(HaveField("Name", concourse.OperatorSecret)))
		}, SpecTimeout(3*time.Minute))
	})
})
