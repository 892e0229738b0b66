package kubernetes_test

import (
	"os"
	"path/filepath"
	"time"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/contract"
)

var _ = Describe("a client that waits a while for a container to start", func() {
	var w *world

	BeforeEach(func() {
		w = newWorld()
		w.init.silence()
	})

	It("is told in time what the container waits for", func() {
		Expect(w.createFor("50ms", task())).To(MatchError(contract.StillStarting{Handle: handle, Waiting: "the kubelet has not seen the pod"}))
		w.setStatus(waiting("ContainerCreating", ""))
		Eventually(func() error { return w.createFor("50ms", task()) }).Should(
			MatchError(contract.StillStarting{Handle: handle, Waiting: "pod is Pending, the kubelet prepares the container, and may be pulling its image (ContainerCreating)"}))
	})

	It("is told so also before there is a pod", func() {
		w.volumeImages.reading = make(chan struct{})
		Expect(w.createFor("50ms", from(task(), "raw:///volumes/live/x/volume/rootfs"))).To(
			MatchError(contract.StillStarting{Handle: handle, Waiting: "its pod to be created"}))
	})

	It("joins the same start when it asks again", func() {
		for range 3 {
			Expect(w.createFor("20ms", task())).To(MatchError(ContainSubstring("is still starting")))
		}
		Expect(w.pods()).To(HaveLen(1))
		Expect(w.backend.Containers(nil)).To(BeEmpty())

		w.init.answer()
		Expect(w.createFor("5s", task())).To(Succeed())
		Expect(w.pods()).To(HaveLen(1))
		Expect(w.init.startedIDs()).To(BeEmpty())
		_, err := w.lookup().Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
	})

	It("gets the container at once if that is there", func() {
		w.init.answer()
		w.create(task())
		Expect(w.createFor("1ns", task())).To(Succeed())
	})

	It("has the start go on for as long as any may take, and hears why it failed", func() {
		w.config.PodStartupTimeout = 300 * time.Millisecond
		w.start()
		w.ignoreDeletions()
		Eventually(func() error { return w.createFor("20ms", task()) }).Should(MatchError(ContainSubstring("not started within 300ms")))
	})

	It("leaves no trace of that in the container", func() {
		w.init.answer()
		spec := task()
		spec.Properties[contract.AwaitStart] = "5s"
		Expect(w.create(spec).Properties()).To(And(HaveKey(contract.Step), Not(HaveKey(contract.AwaitStart))))
		Expect(os.ReadFile(filepath.Join(w.config.StateDir, handle, "container.json"))).NotTo(ContainSubstring("await"))
		Expect(w.pod().Annotations).NotTo(HaveKey(ContainSubstring("await")))
		Expect(w.backend.Containers(garden.Properties{contract.AwaitStart: "5s"})).To(BeEmpty())
	})

	DescribeTable("says for how long in a way that can be read",
		func(duration string) {
			Expect(w.createFor(duration, task())).To(MatchError(And(
				ContainSubstring("create container "+handle), ContainSubstring(contract.AwaitStart), ContainSubstring("duration"))))
			w.expectNothingLeft()
		},
		Entry(nil, "soon"),
		Entry(nil, "10"),
		Entry(nil, ""),
	)

	It("does not keep the worker from being stopped, and is told to try again elsewhere", func() {
		spec := task()
		spec.Properties[contract.AwaitStart] = "1h"
		created := w.createInBackground(spec)
		Eventually(w.pods).Should(HaveLen(1))
		Expect(w.backend.Stop()).To(Succeed())
		Eventually(created).Should(Receive(MatchError(MatchRegexp("worker .+ disappeared"))))
	})
})

// createFor is a request to create a container whose client waits for so long.
func (w *world) createFor(duration string, spec garden.ContainerSpec) error {
	spec.Properties[contract.AwaitStart] = duration
	_, err := w.backend.Create(spec)
	return err
}
