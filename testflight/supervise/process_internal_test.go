package supervise

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = DescribeTable("The state and the start time of a process are read from its stat",
	func(stat, state string, started uint64) {
		gotState, gotStarted, err := parseStat(stat)
		Expect(err).NotTo(HaveOccurred())
		Expect(gotState).To(Equal(state))
		Expect(gotStarted).To(Equal(started))
	},
	Entry("plain", "7 (etcd) S 1 7 7 0 -1 4 5 0 0 0 1 2 0 0 20 0 1 0 4711 100 5", "S", uint64(4711)),
	Entry("of a program with brackets and spaces in its name",
		"7 (a) R (b) Z 1 7 7 0 -1 4 5 0 0 0 1 2 0 0 20 0 1 0 4711 100 5", "Z", uint64(4711)),
)
