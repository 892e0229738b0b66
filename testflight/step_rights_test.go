package testflight_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("what root in a step may do", func() {
	DescribeTable("is what the kernel lets it",
		func(ctx SpecContext, privileged bool, expected string) {
			p := setPipeline(ctx, fmt.Sprintf(`
jobs:
- name: main
  plan:
  - task: one
    privileged: %t
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: ((registry))/busybox}}
      outputs: [{name: out}]
      run:
        path: sh
        args:
        - -ec
        - |
          mode=$(sed -n 's/^Seccomp:[^0-9]*//p' /proc/self/status)
          made=no
          if mknod out/device c 1 3 && test -c out/device; then made=a; fi
          echo "seccomp $mode, $made device file as $(id -un)"
`, privileged))
			Expect(string(p.run(ctx, 0).Contents())).To(ContainSubstring(expected))
		},
		Entry("without privileges: what the runtime's seccomp profile leaves, and no device files", false, "seccomp 2, no device file as root", SpecTimeout(3*time.Minute)),
		Entry("with privileges: all of it", true, "seccomp 0, a device file as root", SpecTimeout(3*time.Minute)),
	)
})
