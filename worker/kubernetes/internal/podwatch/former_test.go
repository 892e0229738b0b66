package podwatch_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/podwatch"
)

// event is one of the watch, or the answer to the pod's creation.
type event struct {
	name  string
	apply func(*podwatch.Pod) bool
}

func created(of *corev1.Pod) event {
	return event{"created " + string(of.UID), func(p *podwatch.Pod) bool { p.Created(of); return true }}
}

func changed(of *corev1.Pod) event {
	return event{"changed " + string(of.UID), func(p *podwatch.Pod) bool { return p.Changed(of) }}
}

func deleted(of *corev1.Pod) event {
	return event{"deleted " + string(of.UID), func(p *podwatch.Pod) bool { return p.Deleted(of) }}
}

// interleaved are all orders of both rows together in which each row keeps its own.
func interleaved(a, b []event) [][]event {
	if len(a) == 0 || len(b) == 0 {
		return [][]event{append(append([]event{}, a...), b...)}
	}
	var all [][]event
	for _, rest := range interleaved(a[1:], b) {
		all = append(all, append([]event{a[0]}, rest...))
	}
	for _, rest := range interleaved(a, b[1:]) {
		all = append(all, append([]event{b[0]}, rest...))
	}
	return all
}

var _ = Describe("a pod in the place of two former ones of its name", func() {
	first, second := version("first", "1", corev1.PodFailed), version("second", "3", corev1.PodFailed)
	late := []event{changed(first), deleted(first), changed(second), deleted(second)}
	isLate := map[string]bool{}
	for _, event := range late {
		isLate[event.name] = true
	}

	var watched *podwatch.Pod

	BeforeEach(func() {
		watched = podwatch.Named(name)
		for _, former := range []*corev1.Pod{first, second} {
			watched.Created(former)
			watched.Vanished()
			watched.Next()
		}
	})

	see := func() podwatch.Seen {
		seen, _ := watched.See()
		return seen
	}

	It("is not there yet, whatever comes late of the former ones", func() {
		for _, event := range late {
			Expect(event.apply(watched)).To(BeFalse(), event.name)
			Expect(see()).To(Equal(podwatch.Seen{}))
		}
	})

	third, third2, third3 := version("third", "5", ""), version("third", "6", corev1.PodRunning), version("third", "7", corev1.PodRunning)
	for i, own := range [][]event{
		{created(third), changed(third2), deleted(third3)},
		{changed(third), created(third), changed(third2), deleted(third3)},
		{changed(third2), deleted(third3), created(third)},
	} {
		It(fmt.Sprintf("is seen as if there had been none, in each order of the events (%d)", i+1), func() {
			for _, order := range interleaved(own, late) {
				reset := podwatch.Named(name)
				alone := podwatch.Named(name)
				for _, former := range []*corev1.Pod{first, second} {
					reset.Created(former)
					reset.Next()
				}
				said := ""
				for _, event := range order {
					said += event.name + ", "
					if isLate[event.name] {
						Expect(event.apply(reset)).To(BeFalse(), said)
					} else {
						Expect(event.apply(reset)).To(Equal(event.apply(alone)), said)
					}
					seen, _ := reset.See()
					expected, _ := alone.See()
					Expect(seen).To(Equal(expected), said)
				}
				seen, _ := reset.See()
				Expect(seen.Gone).To(BeTrue(), said)
			}
		})
	}

	It("wakes who waits for it, and nobody for a former one", func() {
		_, news := watched.See()
		for _, event := range late {
			event.apply(watched)
		}
		Expect(news).NotTo(BeClosed())
		watched.Created(third)
		Expect(news).To(BeClosed())
	})
})
