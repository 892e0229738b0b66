package testflight_test

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

var _ = Describe("the source of an image", func() {
	// onMirror is an image of Docker Hub's that only a mirror has.
	onMirror := func(ctx SpecContext, mirror, login string) (p pipeline, image string) {
		GinkgoHelper()
		name := "testflight/" + newName()
		digest := pushAs(runs.Cluster.Registry()+"/"+name, "busybox:latest")
		source := fmt.Sprintf("{repository: %s, registry_mirror: {host: %q%s}}", name, mirror, login)
		return setPipeline(ctx, task(source, "", "echo from the mirror")), mirror + "/" + name + "@" + digest
	}

	It("may have a registry_mirror, which the kubelet pulls from", func(ctx SpecContext) {
		p, image := onMirror(ctx, runs.Cluster.Registry(), "")
		Expect(p.run(ctx, 0)).To(gbytes.Say("from the mirror"))
		Expect(p.imageGets()).To(BeEmpty())
		Expect(p.pods()).To(ContainElement(And(HaveField("Type", "task"), HaveField("Image", image))))
	}, SpecTimeout(3*time.Minute))

	It("may have a registry_mirror with a login of its own, with which the kubelet pulls", func(ctx SpecContext) {
		login, secrets := runs.Cluster.RegistryLogins()[1], watchSecrets(ctx)
		name := newName()
		mirrored := runs.Cluster.PrivateRegistry() + "/library/" + name
		digest := pushPrivately(login, mirrored+":latest", "busybox:latest")
		p := setPipeline(ctx, task(fmt.Sprintf("{repository: %s, registry_mirror: {host: ((private-registry)), username: %s, password: %s}}",
			name, login.User, login.Password), "", "echo from the mirror"))

		Expect(p.run(ctx, 0)).To(gbytes.Say("from the mirror"))
		Expect(p.imageGets()).To(BeEmpty())
		pod := p.podOf("task")
		Expect(pod.Spec.Containers[0].Image).To(Equal(mirrored + "@" + digest))
		Eventually(secrets.logins).Should(HaveKeyWithValue(pod.Name, ContainSubstring(`"username":"`+login.User+`"`)))
	}, SpecTimeout(3*time.Minute))

	// Docker Hub has no such image either, for those who reach it.
	It("may have a registry_mirror without the image: the log says so, and the kubelet turns to Docker Hub", func(ctx SpecContext) {
		name := newName()
		version := fmt.Sprintf(", version: {digest: %q}", unknownDigest)
		p := setPipeline(ctx, task(fmt.Sprintf("{repository: %s, registry_mirror: {host: ((registry))}}", name), version, "true"))

		out := p.run(ctx, 2)
		origin := "docker.io/library/" + name + "@" + unknownDigest
		Expect(strings.Count(string(out.Contents()), "can't be had from the registry_mirror")).To(Equal(1))
		Expect(out).To(gbytes.Say("image %s/library/%s@%s can't be had from the registry_mirror, so the kubelet pulls %s: ",
			regexp.QuoteMeta(runs.Cluster.Registry()), name, unknownDigest, regexp.QuoteMeta(origin)))
		Expect(out).To(gbytes.Say("start pod .* with image " + regexp.QuoteMeta(origin)))
	}, SpecTimeout(3*time.Minute))

	It("may admit no tag that there is: the step fails before there is a pod of it, and names what admits none", func(ctx SpecContext) {
		repository := newRepository()
		pushAs(repository+":1.0.0", "busybox:latest")
		p := setPipeline(ctx, task("{repository: "+repository+`, semver_constraint: "< 0"}`, "", "true"))

		log := string(p.run(ctx, 2).Contents())
		Expect(log).To(And(ContainSubstring("no version of the registry-image"), ContainSubstring("semver_constraint")))
		Expect(p.pods()).NotTo(ContainElement(HaveField("Type", "task")))
	}, SpecTimeout(3*time.Minute))

	It("may ask for what a kubelet can't do: the image is got, the log says why, and the step runs", func(ctx SpecContext) {
		repository := newRepository()
		pushAs(repository+":latest", "busybox:latest")
		source := "{repository: " + repository + ", content_trust: {server: https://notary.invalid}}"
		p := setPipeline(ctx, task(source, "", "echo from a volume"))
		out := p.run(ctx, 0)
		Expect(out).To(gbytes.Say("image image is fetched into a volume, not pulled by the kubelet: content_trust is set"))
		Expect(out).To(gbytes.Say("from a volume"))
		Expect(p.imageGets()).To(HaveLen(1))
	}, SpecTimeout(3*time.Minute))

	It("may be wrong: the step fails and names what is", func(ctx SpecContext) {
		p := setPipeline(ctx, task("{repository: ((registry))/busybox, insecure: perhaps}", "", "true"))
		Expect(p.run(ctx, 2)).To(gbytes.Say("insecure"))
	}, SpecTimeout(3*time.Minute))
})
