package testflight_test

import (
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

// unknownDigest is of no image.
var unknownDigest = "sha256:" + strings.Repeat("0", 64)

var _ = Describe("a pod that can't start", func() {
	DescribeTable("fails its step with what Kubernetes says, and is gone",
		func(ctx SpecContext, source func() string, reason string) {
			p := setPipeline(ctx, task(source(), fmt.Sprintf(", version: {digest: %q}", unknownDigest), "true"))

			log := p.run(ctx, 2)
			Expect(log).To(gbytes.Say(reason))

			Eventually(func() []string { return podsLeft(ctx, p) }).Should(BeEmpty())
		},
		Entry("the image is not there",
			func() string { return "{repository: ((registry))/busybox}" },
			"not found", SpecTimeout(3*time.Minute)),
		Entry("the registry wants a login",
			// One that is there may be on the node, from an earlier Concourse's pods.
			func() string { return "{repository: ((private-registry))/busybox}" },
			"(?i)unauthorized", SpecTimeout(3*time.Minute)),
		Entry("the registry is down",
			func() string { return "{repository: " + runs.Cluster.SpecRegistry() + "/busybox}" },
			"(?i)connection refused", SpecTimeout(3*time.Minute)),
	)

	It("starts with the login of its source", func(ctx SpecContext) {
		source := fmt.Sprintf("{repository: ((private-registry))/busybox, username: %s, password: %s}", runs.Cluster.RegistryUser(), runs.Cluster.RegistryPassword())
		p := setPipeline(ctx, task(source, "", "echo logged in"))
		Expect(p.run(ctx, 0)).To(gbytes.Say("logged in"))
		Expect(p.imageGets()).To(BeEmpty())
	}, SpecTimeout(3*time.Minute))
})
