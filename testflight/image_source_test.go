package testflight_test

import (
	"fmt"
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

	It("may ask for what a kubelet can't do: the image is got, the log says why, and the step runs", func(ctx SpecContext) {
		source := "{repository: ((registry))/busybox, content_trust: {server: https://notary.invalid}}"
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
