package worker

import (
	"fmt"
	"time"

	"code.cloudfoundry.org/clock/fakeclock"
	"code.cloudfoundry.org/garden"
	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse/atc/runtime"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient"
	"github.com/concourse/concourse/atc/worker/gardenruntime/gclient/gclientfakes"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// loggingDelegate is the delegate of a step with a build log.
type loggingDelegate struct {
	runtime.BuildStepDelegate
	said []string
}

func (d *loggingDelegate) StillStarting(waited time.Duration, waiting string) {
	d.said = append(d.said, fmt.Sprintf("%s: %s", waited, waiting))
}

var _ = Describe("the build log of a step whose pod takes its time", func() {
	// saidOf returns what is said while the worker answers so, every five seconds.
	saidOf := func(delegate runtime.BuildStepDelegate, answers ...string) {
		GinkgoHelper()
		client := new(gclientfakes.FakeClient)
		amending := amendingFor(client, delegate)
		clock := fakeclock.NewFakeClock(time.Now())
		amending.clock = clock
		client.CreateStub = func(garden.ContainerSpec) (gclient.Container, error) {
			answered := client.CreateCallCount() - 1
			if answered == len(answers) {
				return new(gclientfakes.FakeContainer), nil
			}
			clock.Increment(5 * time.Second)
			return nil, contract.StillStarting{Handle: "some-handle", Waiting: answers[answered]}
		}
		_, err := amending.Create(garden.ContainerSpec{Handle: "some-handle"})
		Expect(err).NotTo(HaveOccurred())
	}

	times := func(n int, answer string) []string {
		answers := make([]string, n)
		for i := range answers {
			answers[i] = answer
		}
		return answers
	}

	It("says nothing of a start that is soon over", func() {
		delegate := &loggingDelegate{}
		saidOf(delegate, "pulls", "pulls")
		Expect(delegate.said).To(BeEmpty())
	})

	It("says what the pod waits for, and for how long, after a while and then each minute", func() {
		delegate := &loggingDelegate{}
		saidOf(delegate, times(36, "pulls")...)
		Expect(delegate.said).To(Equal([]string{"15s: pulls", "1m15s: pulls", "2m15s: pulls"}))
	})

	It("says so when the worker does not know what for", func() {
		delegate := &loggingDelegate{}
		saidOf(delegate, times(15, "")...)
		Expect(delegate.said).To(Equal([]string{"15s: ", "1m15s: "}))
	})

	It("says sooner when the pod waits for something else", func() {
		delegate := &loggingDelegate{}
		saidOf(delegate, "room", "room", "room", "room", "pulls", "pulls", "pulls", "pulls")
		Expect(delegate.said).To(Equal([]string{"15s: room", "30s: pulls"}))
	})

	It("takes another amount of the same for the same", func() {
		delegate := &loggingDelegate{}
		saidOf(delegate, "3 of 4 CPUs", "3 of 4 CPUs", "3 of 4 CPUs", "2 of 4 CPUs", "2 of 4 CPUs", "12 of 40 CPUs", "12 of 40 CPUs")
		Expect(delegate.said).To(Equal([]string{"15s: 3 of 4 CPUs"}))
	})

	It("needs no delegate that has a build log", func() {
		saidOf(nil, times(5, "pulls")...)
	})
})
