package testflight_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"
)

var _ = Describe("builds of two pipelines that start at once on an image that is on no node", func() {
	It("both run on the version that the image has", func(ctx SpecContext) {
		repository := newRepository()
		digest := pushNew(repository+":latest", "busybox:latest")
		config := task("{repository: "+repository+"}", "", "true")
		pipelines := []pipeline{setPipeline(ctx, config), setPipeline(ctx, config)}

		var builds []*gexec.Session
		for _, p := range pipelines {
			builds = append(builds, p.trigger(ctx))
		}
		for _, build := range builds {
			Eventually(build, patience).Should(gexec.Exit(0))
		}

		for _, p := range pipelines {
			Expect(p.podOf("task").Spec.Containers[0].Image).To(Equal(repository + "@" + digest))
			Expect(p.imageGets()).To(BeEmpty())
			Expect(imagesShown(p.lastBuild(), "image-get")).To(HaveExactElements(HaveField("Version", HaveKeyWithValue("digest", digest))))
		}
	}, SpecTimeout(3*time.Minute))
})
