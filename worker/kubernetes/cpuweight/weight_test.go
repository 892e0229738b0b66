package cpuweight_test

import (
	"math"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/opencontainers/cgroups"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/cpuweight"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/image"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// usual are CPU shares that tasks name, and those of one that names none.
var usual = []uint64{102, 256, 512, 1024, 2048, 4096}

// asFarOff is by how much the ratio of two tasks' CPU time may differ from that of their
// shares.
const asFarOff = 1.5

// worst is by how much the ratio of two weights differs from that of the shares that they
// stand for, where it differs most.
func worst(weight func(shares uint64) uint64) float64 {
	most := 1.0
	for _, a := range usual {
		for _, b := range usual {
			off := float64(weight(a)) / float64(weight(b)) / (float64(a) / float64(b))
			most = max(most, off, 1/off)
		}
	}
	return most
}

var _ = Describe("CPU shares as a weight", func() {
	DescribeTable("of version 2 are in proportion to the kernel's defaults, within its bounds",
		func(shares, weight uint64) { Expect(cpuweight.Weight(shares)).To(Equal(weight)) },
		Entry(nil, uint64(1024), uint64(100)),
		Entry(nil, uint64(2048), uint64(200)),
		Entry(nil, uint64(102), uint64(10)),
		Entry(nil, uint64(2), uint64(1)),
		Entry(nil, uint64(0), uint64(1)),
		Entry(nil, uint64(102400), uint64(10000)),
		Entry(nil, uint64(math.MaxUint64), uint64(10000)),
	)

	DescribeTable("of version 1 are themselves, within the kernel's bounds",
		func(shares, written uint64) { Expect(cpuweight.Shares(shares)).To(Equal(written)) },
		Entry(nil, uint64(1024), uint64(1024)),
		Entry(nil, uint64(1), uint64(2)),
		Entry(nil, uint64(math.MaxUint64), uint64(262144)),
	)

	It("keep their ratio, with either version", func() {
		Expect(worst(cpuweight.Shares)).To(BeNumerically("<=", asFarOff))
		Expect(worst(cpuweight.Weight)).To(BeNumerically("<=", asFarOff))
	})

	DescribeTable("lose their ratio in what kubelet and runtime make of the CPU request",
		func(reservedPerShare string, weight func(shares uint64) uint64) {
			Expect(worst(func(shares uint64) uint64 {
				return weight(byKubelet(reservedPerShare, shares))
			})).To(BeNumerically(">", asFarOff))
		},
		Entry("with version 1, where shares reserve nothing", "0", func(shares uint64) uint64 { return shares }),
		Entry("with version 2, as kubelets weigh pods, and runtimes weighed containers until 2025", "20u", linear),
		Entry("with version 2, as runtimes weigh containers since", "20u", cgroups.ConvertCPUSharesToCgroupV2Value),
	)
})

// byKubelet are the shares that a kubelet makes of the request of a step's pod: MilliCPUToShares
// in pkg/kubelet/cm/helpers_linux.go of Kubernetes 1.34.
func byKubelet(reservedPerShare string, shares uint64) uint64 {
	built := pod.Build(pod.Worker{CPUReservedPerShare: resource.MustParse(reservedPerShare)},
		garden.ContainerSpec{Limits: garden.Limits{CPU: garden.CPULimits{Weight: shares}}}, image.Image{Reference: "busybox"}, "/run")
	request := built.Spec.Containers[0].Resources.Requests.Cpu().MilliValue()
	return max(2, uint64(request)*1024/1000)
}

// linear is cpuSharesToCPUWeight in pkg/kubelet/cm/cgroup_v2_manager_linux.go of Kubernetes
// 1.34, and ConvertCPUSharesToCgroupV2Value of runc up to 1.3.
func linear(shares uint64) uint64 {
	return 1 + (shares-2)*9999/262142
}
