package lifecycle_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
)

// model follows the table, with what an event leaves behind that the table has in words.
type model struct {
	kind         lifecycle.Kind
	phase        lifecycle.Phase
	aborted, ran bool
}

func (m *model) apply(name string) {
	to, leads := table[m.kind][m.phase][name]
	switch {
	case m.phase == lifecycle.Starting && name == "Abort":
		m.aborted = true
	case m.phase == lifecycle.Starting && strings.HasPrefix(name, "Started") && m.aborted:
		m.phase = lifecycle.Discarded
	case m.phase == lifecycle.Ready && name == "a process":
		m.ran = true
	case name == "GiveWay" && !m.ran:
	case leads:
		m.phase = to
	}
}

// sequence is reproducible by Ginkgo's seed.
func sequence(random *rand.Rand, length int) []event {
	var drawn []event
	for range length {
		drawn = append(drawn, events[random.IntN(len(events))])
	}
	return drawn
}

func names(of []event) []string {
	var all []string
	for _, e := range of {
		all = append(all, e.name)
	}
	return all
}

var _ = Describe("events in any order", func() {
	var random *rand.Rand

	BeforeEach(func() {
		random = rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), 0))
	})

	It("lead where the table says", func() {
		seen := map[lifecycle.Phase]bool{}
		for range 5000 {
			kind := []lifecycle.Kind{lifecycle.Step, lifecycle.Check}[random.IntN(2)]
			l, m := lifecycle.New(kind), model{kind: kind, phase: lifecycle.Starting}
			drawn := sequence(random, 12)
			for i, event := range drawn {
				event.apply(l)
				m.apply(event.name)
				Expect(l.Phase()).To(Equal(m.phase), "after %v", names(drawn[:i+1]))
				seen[m.phase] = true
			}
		}
		Expect(seen).To(HaveLen(7), "every phase was reached")
	})

	It("lose no container: who destroys it comes to its end", func() {
		for range 2000 {
			l := lifecycle.New(lifecycle.Step)
			drawn := sequence(random, random.IntN(12))
			for _, event := range drawn {
				event.apply(l)
			}
			if l.Abort(errAbort) {
				l.StartFailed(errAbort)
			}
			l.Destroy()
			l.Removed()
			Expect(l.Phase()).To(Equal(lifecycle.Gone), "after %v", names(drawn))
		}
	})

	It("keep nobody waiting, whoever is first", func() {
		for range 300 {
			l := lifecycle.New([]lifecycle.Kind{lifecycle.Step, lifecycle.Check}[random.IntN(2)])
			notStarting := make(chan lifecycle.View, 1)
			gone := make(chan lifecycle.View, 1)
			wait := func(seen chan lifecycle.View, condition func(lifecycle.Phase) bool) {
				defer GinkgoRecover()
				view, err := l.Wait(context.Background(), condition)
				Expect(err).NotTo(HaveOccurred())
				seen <- view
			}
			go wait(notStarting, func(phase lifecycle.Phase) bool { return phase != lifecycle.Starting })
			go wait(gone, func(phase lifecycle.Phase) bool { return phase == lifecycle.Gone })

			var all sync.WaitGroup
			for _, part := range slices.Collect(slices.Chunk(sequence(random, 30), 10)) {
				all.Go(func() {
					for _, event := range part {
						event.apply(l)
					}
				})
			}
			all.Wait()
			l.StartFailed(errStart)
			Eventually(notStarting).Should(Receive())
			l.Destroy()
			l.Removed()
			Eventually(gone).Should(Receive())
		}
	})
})
