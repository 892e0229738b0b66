package pod_test

import (
	"math"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

var _ = Describe("CPU shares", func() {
	build := func(perShare string, limits garden.CPULimits) (request string, shares uint64, named bool) {
		built := pod.Build(pod.Worker{CPUReservedPerShare: resource.MustParse(perShare)},
			garden.ContainerSpec{Handle: handle, Limits: garden.Limits{CPU: limits}}, golang, runDir)
		return built.Spec.Containers[0].Resources.Requests.Cpu().String(), pod.Shares(built), pod.NamesShares(built)
	}

	DescribeTable("reserve CPU by the share",
		func(shares uint64, perShare, reserved string) {
			request, _, _ := build(perShare, garden.CPULimits{Weight: shares})
			Expect(request).To(Equal(reserved))
		},
		Entry("next to nothing", uint64(1024), "20u", "20m"),
		Entry("to the nearest millicore: 5.12m", uint64(256), "20u", "5m"),
		Entry("to the nearest millicore: 40.96m", uint64(2048), "20u", "41m"),
		Entry("something, however few they are", uint64(1), "20u", "1m"),
		Entry("a CPU for 1024 of them, as Kubernetes counts", uint64(1024), "976563n", "1"),
		Entry("nothing where the operator says so", uint64(1024), "0", "0"),
		Entry("for no more of them than four times those of a task that names none", uint64(math.MaxUint64), "20u", "82m"),
		Entry("those of a container that names none", uint64(0), "20u", "20m"),
	)

	It("are known of the pod", func() {
		_, shares, named := build("20u", garden.CPULimits{Weight: 1024})
		Expect(shares).To(BeEquivalentTo(1024))
		Expect(named).To(BeTrue())
	})

	It("are those that Concourse's web node names", func() {
		//lint:ignore SA1019 it is what Concourse's web node sets.
		_, shares, named := build("20u", garden.CPULimits{LimitInShares: 512})
		Expect(shares).To(BeEquivalentTo(512))
		Expect(named).To(BeTrue())
	})

	It("are the kernel's default where the container names none", func() {
		_, shares, named := build("20u", garden.CPULimits{})
		Expect(shares).To(BeEquivalentTo(1024))
		Expect(named).To(BeFalse())
	})
})
