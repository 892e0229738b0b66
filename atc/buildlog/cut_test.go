package buildlog

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a long line without an end", func() {
	DescribeTable("is cut near its end though it is made of secrets",
		func(line string, secrets ...string) {
			longest := 0
			for _, secret := range secrets {
				longest = max(longest, len(secret))
			}

			end := wholeLines([]byte(line), secrets)

			Expect(end).To(BeNumerically(">=", len(line)-2*longest))
			Expect(redact(line[:end], secrets)).To(Equal(strings.Repeat(redacted, strings.Count(redact(line[:end], secrets), redacted))), "no letter is left")
		},
		Entry("one that overlaps itself", strings.Repeat("a", longestLine+1001), "aa"),
		Entry("a long one that overlaps itself", strings.Repeat("ab", longestLine/2+1001), strings.Repeat("ab", 500)),
		Entry("two that overlap each other", strings.Repeat("ab", longestLine/2+1001), "ab", "ba"),
		Entry("one that begins another", strings.Repeat("abc", longestLine/3+1001), "abc", "ab"),
	)

	It("waits for the end of a secret that is longer than it", func() {
		secret := strings.Repeat("s", 3*longestLine)
		Expect(wholeLines([]byte(secret[:2*longestLine]), []string{secret})).To(BeZero())
		Expect(wholeLines([]byte(secret+secret), []string{secret})).To(Equal(len(secret)))
	})

	It("is cut at a limit where no secret is near, but not within a character", func() {
		line := strings.Repeat("ü", longestLine)
		Expect(wholeLines([]byte(line), []string{"abc"})).To(Equal(len(line) - 4))
	})
})
