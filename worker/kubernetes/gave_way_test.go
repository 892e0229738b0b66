package kubernetes_test

import (
	"errors"
	"time"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

var _ = Describe("a container whose pod gave way", func() {
	const inWords = "its pod made room for others on node node-1, as nothing ran in it any more"

	var (
		w    *world
		node *fakeNode
	)

	BeforeEach(func() {
		w = newWorld()
		node = newFakeNode(w, 1)
	})

	// givesWay has a process of the container end and its pod make room for another.
	givesWay := func(spec garden.ContainerSpec, ran podinit.ProcessState) {
		GinkgoHelper()
		container := w.create(spec)
		process, err := container.Run(garden.ProcessSpec{ID: ran.ID, Path: "make"}, garden.ProcessIO{Stdout: gbytes.NewBuffer()})
		Expect(err).NotTo(HaveOccurred())
		node.initOf(handle).tell(ran)
		node.initOf(handle).exit <- ran.ExitStatus
		Expect(process.Wait()).To(Equal(ran.ExitStatus))
		w.create(named(task(), "next"))
		Expect(node.has(handle)()).To(BeFalse())
	}
	exited := podinit.ProcessState{ID: "task", ExitStatus: 3}

	restart := func() { w.start() }
	noRestart := func() {}

	// eachWay is for what holds whether or not the worker was restarted.
	eachWay := func(text string, spec func(restart func())) {
		It(text, func() { spec(noRestart) })
		It(text+", also after a restart of the worker", func() { spec(restart) })
	}

	eachWay("is known, and says what became of its pod", func(restart func()) {
		givesWay(task(), exited)
		restart()
		Expect(w.backend.Containers(nil)).To(HaveLen(2))
		Expect(w.backend.Containers(garden.Properties{"user": "root"})).To(HaveLen(2))
		Expect(w.lookup().Properties()).To(HaveKeyWithValue(contract.GaveWay, ContainSubstring(inWords)))
		Expect(w.lookup().Property(contract.GaveWay)).To(ContainSubstring(inWords))
		Expect(w.lookup().Info()).To(And(HaveField("State", "stopped"), HaveField("Events", ConsistOf(ContainSubstring(inWords)))))
	})

	eachWay("says so to who would run something in it", func(restart func()) {
		givesWay(task(), exited)
		restart()
		_, err := w.lookup().Run(garden.ProcessSpec{Path: "sh"}, garden.ProcessIO{})
		Expect(err).To(MatchError(ContainSubstring(inWords)))
		Expect(err).To(MatchError(ContainSubstring("run the build again")))
	})

	eachWay("is what who asks for its handle gets", func(restart func()) {
		givesWay(task(), exited)
		restart()
		Expect(w.create(task()).Property(contract.GaveWay)).To(ContainSubstring(inWords))
		Expect(node.created(handle)).To(HaveLen(1))
	})

	eachWay("tells the exit status of its processes, as often as it is asked", func(restart func()) {
		givesWay(task(), exited)
		restart()
		for range 2 {
			process, err := w.lookup().Attach("task", garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			Expect(process.Wait()).To(Equal(3))
		}
		Expect(node.initOf(handle).attachCount()).To(Equal(1), "nobody asks the init of a pod that is gone")
	})

	eachWay("knows no other process", func(restart func()) {
		givesWay(task(), exited)
		restart()
		_, err := w.lookup().Attach("other", garden.ProcessIO{})
		Expect(err).To(Equal(garden.ProcessNotFoundError{ProcessID: "other"}))
	})

	eachWay("has nothing to stop", func(restart func()) {
		givesWay(task(), exited)
		restart()
		Expect(w.lookup().Stop(true)).To(Succeed())
	})

	eachWay("is destroyed as any other, with its pull secret", func(restart func()) {
		givesWay(privateTask(), exited)
		Expect(w.secrets()).To(BeEmpty())
		restart()
		Expect(w.backend.Destroy("next")).To(Succeed())
		Expect(w.backend.Destroy(handle)).To(Succeed())
		w.expectNothingLeft()
	})

	eachWay("of checks is known and says so in the same way", func(restart func()) {
		check := w.create(check())
		node.ran(check, garden.ProcessSpec{Path: "/opt/resource/check"}, 0)
		w.create(named(task(), "next"))
		restart()
		Expect(w.backend.Containers(nil)).To(HaveLen(2))
		Expect(w.lookup().Property(contract.GaveWay)).To(ContainSubstring("its pod made room for others"))
		_, err := w.lookup().Run(garden.ProcessSpec{Path: "/opt/resource/check"}, garden.ProcessIO{})
		Expect(err).To(MatchError(ContainSubstring("its pod made room for others")))
		Expect(w.backend.Destroy(handle)).To(Succeed())
	})

	It("is not told about one that did not", func() {
		Expect(w.create(task()).Properties()).NotTo(HaveKey(contract.GaveWay))
	})

	It("has its pod removed by a worker that was restarted before it was", func() {
		container := w.create(task())
		node.ran(container, garden.ProcessSpec{ID: "task", Path: "make"}, 3)
		node.keep(handle, true)
		next := w.createInBackground(named(task(), "next"))
		Eventually(func() string { return w.record(handle) }).Should(ContainSubstring(`"phase":"gave-way"`))
		Expect(w.backend.Stop()).To(Succeed())
		Eventually(next).Should(Receive(HaveOccurred()))
		Expect(node.has(handle)()).To(BeTrue())
		node.keep(handle, false)
		w.start()
		Eventually(node.has(handle)).Should(BeFalse())
		process, err := w.lookup().Attach("task", garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		Expect(process.Wait()).To(Equal(3))
	})

	Describe("tells the exit status of its process", func() {
		BeforeEach(func() {
			node.ran(w.create(task()), garden.ProcessSpec{ID: "task", Path: "make"}, 3)
		})

		// told is what a client hears, of the worker or of an init that is still there.
		told := func() (int, error) {
			GinkgoHelper()
			process, err := w.lookup().Attach("task", garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			node.initOf(handle).exit <- 3
			return process.Wait()
		}

		It("though that could not be written down", func() {
			w.backend.BlockRecords(handle, errors.New("no space left on device"))()
			next := w.createInBackground(named(task(), "next"))
			Eventually(func() bool { return len(next) > 0 || node.refused("next")() > 2 }).Should(BeTrue())
			Expect(told()).To(Equal(3))
		})

		It("while that is being written down", func() {
			writing, letGo := w.backend.HoldRecords(handle)
			w.createInBackground(named(task(), "next"))
			Eventually(writing).Should(BeClosed())
			time.AfterFunc(50*time.Millisecond, letGo)
			Expect(told()).To(Equal(3))
		})
	})
})
