package testflight_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

var _ = Describe("the user that an image configures", func() {
	It("runs a task that names none; one that a task names goes before it", func(ctx SpecContext) {
		p := setPipeline(ctx, `
jobs:
- name: main
  plan:
  - task: image
    config: &on-nobody
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox, tag: nobody}}
      run: {path: sh, args: [-ec, 'echo step $((40+2)) runs as $(id -un)']}
  - task: own
    config:
      <<: *on-nobody
      run: {path: sh, args: [-ec, 'echo step $((41+2)) runs as $(id -un)'], user: root}
`)
		log := p.run(ctx, 0)
		Expect(log).To(gbytes.Say("step 42 runs as nobody"))
		Expect(log).To(gbytes.Say("step 43 runs as root"))
		Expect(p.imageGets()).To(BeEmpty())
	}, SpecTimeout(3*time.Minute))
})
