package kubernetes_test

import (
	"fmt"
	"sync"
	"time"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a pod that comes after one that was refused", func() {
	// The watch tells of the refused pod while the next one is made. There are many, as each has
	// the news come at another moment.
	DescribeTable("is not ended by what the watch tells of that one",
		func(spec func() garden.ContainerSpec) {
			const atOnce, inTurn = 3, 50
			w := newWorld()
			node := newFakeNode(w, atOnce*inTurn)
			refusedOnce := func(handle string) {
				node.refuseWith(handle, "OutOf"+handle, "none waits for another")
				created := w.createInBackground(named(spec(), handle))
				Eventually(node.refused(handle)).WithPolling(time.Millisecond).Should(BeNumerically(">=", 1))
				node.lackCPU(handle, false)
				Eventually(created).WithPolling(time.Millisecond).Should(Receive(BeNil()))
				container, err := w.backend.Lookup(handle)
				Expect(err).NotTo(HaveOccurred())
				_, err = container.Run(garden.ProcessSpec{Path: "sh"}, garden.ProcessIO{})
				Expect(err).NotTo(HaveOccurred())
			}
			var all sync.WaitGroup
			for i := range atOnce {
				all.Go(func() {
					defer GinkgoRecover()
					for j := range inTurn {
						refusedOnce(fmt.Sprint("container-", i, "-", j))
					}
				})
			}
			all.Wait()
		},
		Entry("of a step", task),
		Entry("of checks", check),
	)
})
