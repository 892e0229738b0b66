package testflight_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

var _ = Describe("an input that would lie over init", func() {
	// forged is an output with programs that would be PID 1 in the place of init.
	const forged = `
  - task: forge
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      outputs: [{name: forged}, {name: image}]
      run:
        path: sh
        args:
        - -ec
        - |
          printf '#!/bin/sh\necho forged $((40+2)); sleep 60\n' > forged/concourse-init
          chmod +x forged/concourse-init
          mkdir forged/bin forged/run
          cp forged/concourse-init forged/bin
          mkdir -p image/rootfs/a/b image/rootfs/proc image/rootfs/dev image/rootfs/sys image/rootfs/tmp
          cp -a /bin /etc image/rootfs
          ln -s "$LINK" image/rootfs/a/b/c
          echo '{}' > image/metadata.json
      params: {LINK: %q}
`

	DescribeTable("is refused by its path, and says what to do",
		func(ctx SpecContext, path string) {
			p := setPipeline(ctx, fmt.Sprintf(`
jobs:
- name: main
  plan:`+forged+`
  - task: misled
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      inputs: [{name: forged, path: %s}]
      run: {path: echo, args: [the task ran]}
`, "/", path))
			log := string(p.run(ctx, 2).Contents())
			Expect(log).To(And(ContainSubstring("would hide what Concourse has"), ContainSubstring("give it another path")))
			Expect(log).NotTo(Or(ContainSubstring("the task ran"), ContainSubstring("forged 42")))
		},
		Entry("straight", "/.concourse/bin/", SpecTimeout(3*time.Minute)),
		Entry("roundabout", "/x/..//.concourse/./bin", SpecTimeout(3*time.Minute)),
	)

	onLink := func(ctx SpecContext, link string) pipeline {
		GinkgoHelper()
		return setPipeline(ctx, fmt.Sprintf(`
jobs:
- name: main
  plan:`+forged+`
  - task: misled
    image: image
    config:
      platform: linux
      inputs: [{name: forged, path: /a/b/c}]
      run: {path: sh, args: [-ec, 'echo the task ran under $(cat /proc/1/comm)']}
`, link))
	}

	It("is no harm where a link of the image leads to where a program might be", func(ctx SpecContext) {
		log := onLink(ctx, "/.concourse/bin").run(ctx, 0)
		Expect(log).To(gbytes.Say("the task ran under concourse-init"))
	}, SpecTimeout(3*time.Minute))

	It("keeps the pod from starting where a link of the image leads to all that Concourse has", func(ctx SpecContext) {
		log := string(onLink(ctx, "/.concourse").run(ctx, 2).Contents())
		Expect(log).To(ContainSubstring("init is hidden"))
		Expect(log).NotTo(Or(ContainSubstring("the task ran"), ContainSubstring("forged 42")))
	}, SpecTimeout(3*time.Minute))
})
