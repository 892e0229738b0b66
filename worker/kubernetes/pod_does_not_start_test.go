package kubernetes_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
)

var _ = Describe("creating a container whose pod does not start", func() {
	var w *world

	BeforeEach(func() {
		w = newWorld()
		w.init.silence()
	})

	It("fails at once if it never will, and says what Kubernetes said", func() {
		w.whenCreated(waiting("ErrImagePull", `rpc error: "x": not found`))

		_, err := w.backend.Create(task())

		Expect(err).To(MatchError("start pod ci/" + podName + " with image " + image + ` on node node-1: ErrImagePull: rpc error: "x": not found: ` +
			"the registry has no such image: check repository, tag and digest in the image's source"))
		w.expectNothingLeft()
	})

	It("fails as soon as the pod does", func() {
		failed := make(chan error)
		go func() {
			_, err := w.backend.Create(task())
			failed <- err
		}()
		Eventually(w.pods).Should(HaveLen(1))
		Consistently(failed, "50ms").ShouldNot(Receive())

		w.setStatus(outOfMemory)

		Eventually(failed).Should(Receive(MatchError(ContainSubstring("OOMKilled: container ended with exit code 137"))))
		w.expectNothingLeft()
	})

	It("fails after a while if the registry does not come back, with the first explanation", func() {
		w.whenCreated(waiting("ErrImagePull", "dial tcp: connection refused"))
		failed := make(chan error)
		began := time.Now()
		go func() {
			_, err := w.backend.Create(task())
			failed <- err
		}()
		Eventually(w.pods).Should(HaveLen(1))
		w.setStatus(waiting("ImagePullBackOff", "Back-off pulling image"))

		Eventually(failed).Should(Receive(MatchError(ContainSubstring("ErrImagePull: dial tcp: connection refused: the node does not reach the registry"))))
		Expect(time.Since(began)).To(BeNumerically(">=", 200*time.Millisecond))
		w.expectNothingLeft()
	})

	It("starts if the registry comes back", func() {
		w.whenCreated(waiting("ErrImagePull", "dial tcp: connection refused"))
		time.AfterFunc(50*time.Millisecond, w.init.answer)
		w.create(task())
	})

	It("fails when its time is up, with the last that is known", func() {
		w.config.PodStartupTimeout = 200 * time.Millisecond
		w.start()
		w.whenCreated(waiting("ContainerCreating", ""))
		Expect(w.client.Tracker().Add(&corev1.Event{
			ObjectMeta: objectMeta("event"), Type: "Warning", Reason: "FailedMount", Message: "no such volume",
		})).To(Succeed())

		_, err := w.backend.Create(task())

		Expect(err).To(MatchError(And(
			ContainSubstring("not started within 200ms: pod is Pending, the kubelet prepares the container, and may be pulling its image (ContainerCreating), last warning: FailedMount: no such volume"),
			ContainSubstring("raise --kubernetes-pod-startup-timeout"),
		)))
		w.expectNothingLeft()
	})

	It("fails when the pod is deleted", func() {
		failed := make(chan error)
		go func() {
			_, err := w.backend.Create(task())
			failed <- err
		}()
		Eventually(w.pods).Should(HaveLen(1))
		w.deletePod()

		Eventually(failed).Should(Receive(MatchError(ContainSubstring("the pod was deleted while it was starting"))))
		w.expectNothingLeft()
	})

	It("fails when it is destroyed", func() {
		failed := make(chan error)
		go func() {
			_, err := w.backend.Create(task())
			failed <- err
		}()
		Eventually(w.pods).Should(HaveLen(1))

		Expect(w.backend.Destroy(handle)).To(Succeed())

		Eventually(failed).Should(Receive(MatchError(ContainSubstring("destroyed while it was starting"))))
		w.expectNothingLeft()
	})
})
