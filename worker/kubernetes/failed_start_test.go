package kubernetes_test

import (
	"sync/atomic"
	"time"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"
)

var _ = Describe("a container whose start failed", func() {
	var w *world

	BeforeEach(func() {
		w = newWorld()
		w.init.silence()
	})

	// fails is a status of a pod that will not start.
	fails := waiting("ErrImagePull", `rpc error: "x": not found`)

	// createInBackground returns what comes of it.
	createInBackground := func(spec garden.ContainerSpec) chan error {
		created := make(chan error, 1)
		go func() {
			_, err := w.backend.Create(spec)
			created <- err
		}()
		return created
	}

	podGoes := func() {
		GinkgoHelper()
		Expect(w.client.Tracker().Delete(podResource, namespace, podName)).To(Succeed())
	}

	Describe("while its kubelet, which pulls, keeps the pod", func() {
		var better *atomic.Bool

		BeforeEach(func() {
			better = new(atomic.Bool)
			w.ignoreDeletions()
			w.whenCreated(func(status *corev1.PodStatus) {
				if !better.Load() {
					fails(status)
				}
			})
			_, err := w.backend.Create(privateTask())
			Expect(err).To(MatchError(And(HaveSuffix("the registry has no such image: check repository, tag and digest in the image's source"), Not(ContainSubstring("still there")))))
			Expect(w.pods()).To(HaveLen(1))
		})

		It("is in no list, and not found", func() {
			Expect(w.backend.Containers(nil)).To(BeEmpty())
			_, err := w.backend.Lookup(handle)
			Expect(err).To(Equal(garden.ContainerNotFoundError{Handle: handle}))
			Expect(w.backend.BulkInfo([]string{handle})).To(HaveKeyWithValue(handle, HaveField("Err", HaveOccurred())))
		})

		It("is removed behind the answer, with its Secret, when the pod is gone", func() {
			Consistently(w.stateDirs, "100ms").Should(HaveLen(1))
			podGoes()
			w.expectNothingLeft()
		})

		It("is removed before another of its handle is made, whose Secret has the same name", func() {
			again := createInBackground(privateTask())
			Consistently(again, "200ms").ShouldNot(Receive())
			better.Store(true)
			w.init.answer()
			podGoes()
			Eventually(again).Should(Receive(BeNil()))
			Consistently(w.secrets, "300ms").Should(HaveLen(1))
			Expect(w.pods()).To(HaveLen(1))
			Expect(w.backend.Containers(nil)).To(HaveLen(1))
		})

		It("has who asks for its handle try again elsewhere, when the worker is stopped", func() {
			again := createInBackground(privateTask())
			Consistently(again, "100ms").ShouldNot(Receive())
			Expect(w.backend.Stop()).To(Succeed())
			Eventually(again).Should(Receive(MatchError(MatchRegexp("worker .+ disappeared"))))
		})

		It("has Destroy wait for the pod, and say what keeps it", func() {
			Expect(w.backend.Destroy(handle)).To(MatchError(And(
				MatchRegexp("pod ci/"+podName+` is still there after [0-9.]+m?s`),
				ContainSubstring("its kubelet may be pulling the image, which it does not break off"),
				Not(ContainSubstring("check that")),
			)))
			destroyed := make(chan error, 1)
			go func() { destroyed <- w.backend.Destroy(handle) }()
			podGoes()
			Eventually(destroyed).Should(Receive(Or(BeNil(), Equal(garden.ContainerNotFoundError{Handle: handle}))))
			w.expectNothingLeft()
		})
	})

	It("keeps who asks for its handle again waiting for no longer than a start may take", func() {
		w.config.PodStartupTimeout = 300 * time.Millisecond
		w.start()
		w.ignoreDeletions()
		w.whenCreated(fails)
		_, err := w.backend.Create(task())
		Expect(err).To(HaveOccurred())

		Eventually(createInBackground(task())).Should(Receive(MatchError(And(
			ContainSubstring("create container "+handle), ContainSubstring("is still there after")))))
		Expect(w.pods()).To(HaveLen(1))
		podGoes()
		w.expectNothingLeft()
	})

	It("is removed though the API server refuses at first", func() {
		var refusals atomic.Int32
		w.client.PrependReactor("delete", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
			return refusals.Add(1) <= 2, nil, forbidden("no RBAC")
		})
		w.whenCreated(fails)
		_, err := w.backend.Create(task())
		Expect(err).To(MatchError(Not(ContainSubstring("no RBAC"))))
		w.expectNothingLeft()
		Expect(refusals.Load()).To(BeEquivalentTo(3))
	})

	It("gives its aborted step the answer at once, and has Destroy wait for the pod", func() {
		w.ignoreDeletions()
		aborted := createInBackground(task())
		Eventually(w.pods).Should(HaveLen(1))
		destroyed := make(chan error, 1)
		go func() { destroyed <- w.backend.Destroy(handle) }()
		Eventually(aborted).Should(Receive(MatchError(ContainSubstring("destroyed while it was starting"))))
		Expect(destroyed).NotTo(Receive())
		podGoes()
		Eventually(destroyed).Should(Receive(BeNil()))
		w.expectNothingLeft()
	})
})
