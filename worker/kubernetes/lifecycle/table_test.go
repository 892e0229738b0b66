package lifecycle_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/lifecycle"
)

// table is that of the package's documentation: what an event leads to. An event that is not
// in a row changes nothing.
var table = map[lifecycle.Kind]map[lifecycle.Phase]map[string]lifecycle.Phase{
	lifecycle.Step: {
		lifecycle.Starting:  {"Started": lifecycle.Ready, "Started, and over": lifecycle.Ended, "StartFailed": lifecycle.Discarded},
		lifecycle.Ready:     {"PodEnded": lifecycle.Ended, "GiveWay": lifecycle.GaveWay, "Destroy": lifecycle.Leaving},
		lifecycle.Ended:     {"Destroy": lifecycle.Leaving},
		lifecycle.GaveWay:   {"Destroy": lifecycle.Leaving},
		lifecycle.Leaving:   {"Removed": lifecycle.Gone},
		lifecycle.Discarded: {"Removed": lifecycle.Gone},
		lifecycle.Gone:      {},
	},
	lifecycle.Check: {
		lifecycle.Starting: {"Started": lifecycle.Ready, "Started, and over": lifecycle.Discarded, "StartFailed": lifecycle.Discarded},
		lifecycle.Ready: {"PodEnded": lifecycle.Discarded, "InitLost": lifecycle.Discarded, "GiveWay": lifecycle.GaveWay,
			"Destroy": lifecycle.Leaving},
		lifecycle.GaveWay:   {"Destroy": lifecycle.Leaving},
		lifecycle.Leaving:   {"Removed": lifecycle.Gone},
		lifecycle.Discarded: {"Removed": lifecycle.Gone},
		lifecycle.Gone:      {},
	},
}

var kinds = map[string]lifecycle.Kind{"a step": lifecycle.Step, "a check": lifecycle.Check}

var _ = Describe("the phases of a container", func() {
	for name, kind := range kinds {
		for phase, row := range table[kind] {
			for _, event := range events {
				to, leads := row[event.name]
				if !leads {
					to = phase
				}
				It(fmt.Sprintf("of %s: %s, %s: %s", name, phase, event.name, to), func() {
					l := in(kind, phase)
					Expect(l.Phase()).To(Equal(phase))
					event.apply(l)
					Expect(l.Phase()).To(Equal(to))
				})
			}
		}
	}

	DescribeTable("say who may know the container",
		func(phase lifecycle.Phase, shown, usable, going bool) {
			Expect(phase.IsShown()).To(Equal(shown), "in lists")
			Expect(phase.IsUsable()).To(Equal(usable), "for who asks to create it")
			Expect(phase.IsBeingRemoved()).To(Equal(going))
		},
		Entry(nil, lifecycle.Starting, false, false, false),
		Entry(nil, lifecycle.Ready, true, true, false),
		Entry(nil, lifecycle.Ended, true, true, false),
		Entry(nil, lifecycle.GaveWay, true, true, false),
		Entry(nil, lifecycle.Leaving, true, false, true),
		Entry(nil, lifecycle.Discarded, false, false, true),
		Entry(nil, lifecycle.Gone, false, false, false),
	)
})
