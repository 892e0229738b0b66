package pod_test

import (
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// captured is a pod as Kubernetes 1.34 had it, without what nobody here reads.
func captured(name string) *corev1.Pod {
	GinkgoHelper()
	content, err := os.ReadFile(filepath.Join("testdata", "status", name+".yaml"))
	Expect(err).NotTo(HaveOccurred())
	found := &corev1.Pod{}
	Expect(yaml.UnmarshalStrict(content, found)).To(Succeed())
	return found
}

var _ = Describe("the status of a real pod", func() {
	DescribeTable("says how far it came, and why it ended", func(name string, admitted bool, disappeared string) {
		found := captured(name)
		Expect(pod.Admitted(found)).To(Equal(admitted))
		reason, ok := pod.Disappeared(found)
		Expect(ok).To(Equal(disappeared != ""))
		Expect(reason).To(Equal(disappeared))
	},
		Entry(nil, "created", false, ""),
		Entry(nil, "waiting", true, ""),
		Entry(nil, "running", true, ""),
		Entry(nil, "exited", true, ""),
		Entry(nil, "out-of-memory", true, ""),
		Entry(nil, "to-be-drained", true, ""),
		Entry(nil, "being-drained", true, "EvictionByEvictionAPI: Eviction API: evicting"),
		Entry(nil, "drained", true, "EvictionByEvictionAPI: Eviction API: evicting"),
		Entry(nil, "deleted", true, ""),
		Entry(nil, "over-its-storage", true, ""),
		Entry(nil, "over-a-volume", true, ""),
		Entry(nil, "no-cpu", false, ""),
		Entry(nil, "no-memory", false, ""),
	)

	It("says what room there is not", func() {
		cpu, ok := pod.StartFailure(captured("no-cpu")).Shortage()
		Expect(ok).To(BeTrue())
		Expect(cpu).To(Equal(pod.Shortage{Resource: corev1.ResourceCPU, Requested: 100_000, Used: 0, Capacity: 2000}))
		memory, ok := pod.StartFailure(captured("no-memory")).Shortage()
		Expect(ok).To(BeTrue())
		Expect(memory).To(Equal(pod.Shortage{Resource: corev1.ResourceMemory, Requested: 9000 << 30, Used: 32 << 20, Capacity: 25220411392}))
	})
})
