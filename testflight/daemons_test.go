package testflight_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// pidOf returns the process ID of a daemon beside the cluster.
func pidOf(daemon string) int {
	GinkgoHelper()
	statuses, err := runs.Cluster.Status()
	Expect(err).NotTo(HaveOccurred())
	for _, status := range statuses {
		if status.Name == daemon {
			return status.PID
		}
	}
	Fail("no daemon " + daemon)
	return 0
}
