package soak_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/testflight/soak"
)

var _ = Describe("A sample", func() {
	const (
		heap = "heap profile: 1: 16 [2: 32] @ heap/1048576\n1: 16 [2: 32] @ 0x1 0x2\n\n# runtime.MemStats\n" +
			"# Alloc = 1\n# TotalAlloc = 2\n# HeapAlloc = 13631488\n# HeapSys = 3\n"
		goroutines = "goroutine profile: total 257\n9 @ 0x1 0x2\n"
		status     = "Name:\tconcourse\nVmPeak:\t 2000000 kB\nVmRSS:\t  118784 kB\nThreads:\t10\n"
	)

	It("is read from Go's profiles and the process's status", func() {
		var sample soak.Sample
		Expect(soak.ReadSample(&sample, heap, goroutines, status)).To(Succeed())
		Expect(sample).To(Equal(soak.Sample{Heap: 13631488, Goroutines: 257, Resident: 118784 << 10, Threads: 10}))
	})

	DescribeTable("can't be read where something is missing",
		func(heap, goroutines, status string) {
			Expect(soak.ReadSample(&soak.Sample{}, heap, goroutines, status)).To(MatchError(ContainSubstring("nothing matches")))
		},
		Entry("of the heap", "# Alloc = 1\n", goroutines, status),
		Entry("of the goroutines", heap, "", status),
		Entry("of the process, which has ended", heap, goroutines, "Name:\tconcourse\nThreads:\t10\n"),
	)
})

var _ = Describe("The log of a build", func() {
	DescribeTable("has of an event",
		func(event, expected string) { Expect(soak.TextOf([]byte(event))).To(Equal(expected)) },
		Entry("what a step printed", `{"event": "log", "data": {"payload": "now running\n", "origin": {}}}`, "now running\n"),
		Entry("why it could not run", `{"event": "error", "data": {"message": "no worker"}}`, "error: no worker\n"),
		Entry("nothing else, not the script of a task", `{"event": "initialize-task", "data": {"config": {"run": {"args": ["now running"]}}}}`, ""),
	)
})
