package contract_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/contract"
)

var _ = Describe("a start that failed", func() {
	DescribeTable("tells, by its reason, whether the pull did",
		func(reason string, expected bool) {
			Expect(contract.IsPullReason(reason)).To(Equal(expected))
			Expect(contract.TellsOfFailedPull(fmt.Errorf("start pod: %s: of some image", reason))).To(Equal(expected))
		},
		Entry(nil, "ErrImagePull", true),
		Entry(nil, "ImagePullBackOff", true),
		Entry(nil, "RegistryUnavailable", true),
		Entry(nil, "OutOfcpu", false),
		Entry(nil, "CreateContainerError", false),
	)
})
