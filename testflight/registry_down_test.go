package testflight_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

var _ = Describe("a registry that is gone", func() {
	It("is not missed by a pinned task whose image is on the node; one that is not pinned says so", func(ctx SpecContext) {
		registry := serveRegistry()
		repository := registry.address + "/" + newName()
		digest := pushAs(repository+":latest", "busybox:latest")
		pinned := setPipeline(ctx, task("{repository: "+repository+"}", fmt.Sprintf(", version: {digest: %q}", digest), "echo runs"))
		floating := setPipeline(ctx, task("{repository: "+repository+"}", "", "echo runs"))
		floating.run(ctx, 0)

		registry.stop()
		Expect(pinned.run(ctx, 0)).To(gbytes.Say("runs"))
		Expect(floating.run(ctx, 2)).To(gbytes.Say("connection refused"))
	}, SpecTimeout(3*time.Minute))
})
