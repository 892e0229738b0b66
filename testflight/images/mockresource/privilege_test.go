package mockresource_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/testflight/images/mockresource"
)

var _ = Describe("Privilege", func() {
	DescribeTable("is told by capabilities", func(capabilities string, privileged bool) {
		status := "Name:\tcheck\nCapPrm:\t000001ffffffffff\nCapEff:\t" + capabilities + "\n"
		Expect(mockresource.Privileged(strings.NewReader(status))).To(Equal(privileged))
	},
		Entry("all of them", "000001ffffffffff", true),
		Entry("all but one that the machine lacks", "000001fffeffffff", true),
		Entry("those of an ordinary container", "00000000a80425fb", false),
		Entry("none", "0000000000000000", false),
	)

	It("can't be told without them", func() {
		_, err := mockresource.Privileged(strings.NewReader("Name:\tcheck\n"))
		Expect(err).To(MatchError(ContainSubstring("CapEff")))
	})
})
