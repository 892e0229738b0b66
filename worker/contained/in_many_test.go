package contained_test

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"github.com/concourse/concourse/worker/baggageclaim"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/contained"
)

var _ = Describe("streaming into volumes while other streams stall", func() {
	It("waits for them where there are so many that the process would end", func() {
		w := newWorker()
		w.volume("in")
		repository, err := contained.NewRepository(w.volumes)
		Expect(err).NotTo(HaveOccurred())

		const more = 100
		var unpacking, ended atomic.Int64
		goOn := make(chan struct{})
		var streams sync.WaitGroup
		for range contained.MaxUnpacking + more {
			streams.Go(func() {
				defer GinkgoRecover()
				stream := &stalled{started: func() { unpacking.Add(1) }, until: goOn}
				_, err := repository.StreamIn(context.Background(), "in", ".", baggageclaim.RawEncoding, 0, stream)
				Expect(err).NotTo(HaveOccurred())
				ended.Add(1)
			})
		}
		Eventually(unpacking.Load).Should(BeEquivalentTo(contained.MaxUnpacking))
		Consistently(unpacking.Load, "200ms").Should(BeEquivalentTo(contained.MaxUnpacking))
		close(goOn)
		streams.Wait()
		Expect(ended.Load()).To(BeEquivalentTo(contained.MaxUnpacking + more))
	})
})

// stalled is an empty stream that ends late.
type stalled struct {
	started  func()
	hasBegun bool
	until    chan struct{}
}

func (s *stalled) Read([]byte) (int, error) {
	if !s.hasBegun {
		s.hasBegun = true
		s.started()
	}
	<-s.until
	return 0, io.EOF
}
