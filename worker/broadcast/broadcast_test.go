package broadcast_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/broadcast"
)

func TestSuite(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Broadcast")
}

var _ = Describe("a broadcast", func() {
	It("wakes all who wait, once", func() {
		var b broadcast.Broadcast
		first, second := b.Next(), b.Next()
		Expect(first).NotTo(BeClosed())
		b.Send()
		Expect(first).To(BeClosed())
		Expect(second).To(BeClosed())
		Expect(b.Next()).NotTo(BeClosed())
	})

	It("is no news to who comes later", func() {
		var b broadcast.Broadcast
		b.Send()
		Expect(b.Next()).NotTo(BeClosed())
	})
})
