package testflight_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

var _ = Describe("a hermetic task", func() {
	pipelineOf := func(ctx SpecContext, options string) pipeline {
		GinkgoHelper()
		return setPipeline(ctx, `
jobs:
- name: main
  plan:
  - task: one
    `+options+`
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      run: {path: sh, args: [-ec, "ping -c 1 -W 1 `+runs.Cluster.NodeAddress()+`"]}
`)
	}

	It("reaches nothing, though its image was pulled", func(ctx SpecContext) {
		p := pipelineOf(ctx, "hermetic: true")
		Expect(p.run(ctx, 1)).To(gbytes.Say("1 packets transmitted, 0 packets received, 100% packet loss"))
	}, SpecTimeout(3*time.Minute))

	It("can't undo that if it is privileged", func(ctx SpecContext) {
		p := setPipeline(ctx, `
jobs:
- name: main
  plan:
  - task: one
    hermetic: true
    privileged: true
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      run: {path: sh, args: [-ec, "ip link set eth0 down; ip link set eth0 up; ip route add default dev eth0; ping -c 1 -W 1 `+runs.Cluster.NodeAddress()+`"]}
`)
		Expect(p.run(ctx, 1)).To(gbytes.Say("100% packet loss"))
	}, SpecTimeout(3*time.Minute))

	It("is one that says so: another reaches the node", func(ctx SpecContext) {
		Expect(pipelineOf(ctx, "hermetic: false").run(ctx, 0)).To(gbytes.Say("1 packets received"))
	}, SpecTimeout(3*time.Minute))
})
