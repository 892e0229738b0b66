package testflight_test

import (
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// Upstream's web keeps logs as JSON, which holds no bytes but those of characters.
var _ = Describe("the log of a build", func() {
	It("has what a task prints, and a replacement character for each byte that is of none", func(ctx SpecContext) {
		var ascii strings.Builder
		for character := range byte(0x80) {
			ascii.WriteByte(character)
		}
		p := setPipeline(ctx, task("{repository: ((registry))/busybox}", "", `for i in $(seq 0 255); do printf "\\$(printf %03o $i)"; done`))
		p.run(ctx, 0)

		log := strings.ReplaceAll(logOf(p.lastBuild()), "\r\n", "\n") // a task is on a terminal
		Expect(log).To(HaveSuffix(ascii.String() + strings.Repeat("\ufffd", 0x80)))
	}, SpecTimeout(3*time.Minute))

	It("has a character whose bytes are printed one by one, and half a one at the end", func(ctx SpecContext) {
		p := setPipeline(ctx, task("{repository: ((registry))/busybox}", "", `for byte in 342 202 254 303; do printf "\\$byte"; done`))
		p.run(ctx, 0)
		Expect(logOf(p.lastBuild())).To(HaveSuffix("\u20ac\ufffd"))
	}, SpecTimeout(3*time.Minute))
})
