package kubernetes_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var eventResource = corev1.SchemeGroupVersion.WithResource("events")

// happened adds an event of the kubelet, so many seconds after the first one.
func (w *world) happened(reason string, seconds int64) {
	GinkgoHelper()
	event := &corev1.Event{ObjectMeta: objectMeta(reason), Reason: reason, LastTimestamp: metav1.Unix(1000+seconds, 0)}
	if w.client.Tracker().Update(eventResource, event, namespace) != nil {
		Expect(w.client.Tracker().Add(event)).To(Succeed())
	}
}

var _ = Describe("a pod whose image could not be pulled at first", func() {
	var (
		w      *world
		failed chan error
	)

	BeforeEach(func() {
		w = newWorld()
		w.init.silence()
		failed = make(chan error, 1)
	})

	create := func() {
		GinkgoHelper()
		go func() {
			_, err := w.backend.Create(task())
			failed <- err
		}()
		Eventually(w.pods).Should(HaveLen(1))
	}

	Describe("and whose status still says so while the kubelet pulls again", func() {
		BeforeEach(func() {
			w.whenCreated(waiting("ErrImagePull", "dial tcp: connection refused"))
			w.happened("Pulling", 11)
			w.happened("Failed", 1)
			create()
			Consistently(failed, "500ms").ShouldNot(Receive())
		})

		It("starts, however long that takes", func() {
			w.init.answer()
			Eventually(failed).Should(Receive(BeNil()))
		})

		It("goes on once the kubelet has pulled", func() {
			w.happened("Pulled", 12)
			Consistently(failed, "500ms").ShouldNot(Receive())
			w.init.answer()
			Eventually(failed).Should(Receive(BeNil()))
		})

		It("fails when that pull does too, with the first explanation", func() {
			w.happened("Failed", 12)
			w.setStatus(waiting("ErrImagePull", "i/o timeout"))
			Eventually(failed).Should(Receive(MatchError(ContainSubstring("ErrImagePull: dial tcp: connection refused"))))
			w.expectNothingLeft()
		})

		It("fails then too if its status says the same of both pulls", func() {
			w.happened("Failed", 12)
			Eventually(failed).Should(Receive(MatchError(ContainSubstring("connection refused"))))
		})
	})

	It("fails if the last pull failed within the second in which it began", func() {
		w.whenCreated(waiting("ErrImagePull", "dial tcp: connection refused"))
		w.happened("Pulling", 11)
		w.happened("Failed", 11)
		create()
		Eventually(failed).Should(Receive(MatchError(ContainSubstring("connection refused"))))
	})

	Describe("because the kubelet began too many at once", func() {
		const exceeded = "pull QPS exceeded"

		BeforeEach(func() {
			w.whenCreated(waiting("ErrImagePull", exceeded))
		})

		It("waits for its turn", func() {
			create()
			w.setStatus(waiting("ImagePullBackOff", "Back-off pulling image"))
			Consistently(failed, "500ms").ShouldNot(Receive())
			w.init.answer()
			Eventually(failed).Should(Receive(BeNil()))
		})

		It("fails if another problem follows that stays", func() {
			create()
			w.setStatus(waiting("ErrImagePull", "dial tcp: connection refused"))
			Eventually(failed).Should(Receive(MatchError(ContainSubstring("connection refused"))))
		})

		It("says what it waited for when its time is up", func() {
			w.config.PodStartupTimeout = 500 * time.Millisecond
			w.start()
			create()
			Eventually(failed).Should(Receive(MatchError(And(
				ContainSubstring("not started within 500ms: ErrImagePull: "+exceeded), ContainSubstring("registryPullQPS")))))
			w.expectNothingLeft()
		})
	})
})
