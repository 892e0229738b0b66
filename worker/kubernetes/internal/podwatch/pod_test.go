package podwatch_test

import (
	"context"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/internal/podwatch"
)

func TestSuite(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Watch of pods")
}

const name = "demo-task-unit-1a2b3c4d"

// version is what the API server shows of a pod at a time.
func version(uid types.UID, resourceVersion string, phase corev1.PodPhase) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: uid, ResourceVersion: resourceVersion},
		Status:     corev1.PodStatus{Phase: phase},
	}
}

var _ = Describe("what was last seen of a pod", func() {
	var (
		watched  *podwatch.Pod
		created  = version("this", "1", "")
		runs     = version("this", "2", corev1.PodRunning)
		hasEnded = version("this", "3", corev1.PodFailed)
	)

	BeforeEach(func() { watched = podwatch.Named(name) })

	see := func() podwatch.Seen {
		seen, _ := watched.See()
		return seen
	}

	It("is nothing at first", func() {
		Expect(see()).To(Equal(podwatch.Seen{}))
		Expect(see().Ended()).To(BeFalse())
		Expect(see().Ending()).To(BeFalse())
		Expect(watched.Name()).To(Equal(name))
	})

	It("is the newest of what the watch told", func() {
		watched.Created(created)
		Expect(see().Pod).To(BeIdenticalTo(created))
		Expect(watched.Changed(runs)).To(BeTrue())
		Expect(see().Pod).To(BeIdenticalTo(runs))
		Expect(see().Ended()).To(BeFalse())
		Expect(watched.Changed(hasEnded)).To(BeTrue())
		Expect(see().Ended()).To(BeTrue())
		Expect(see().Gone).To(BeFalse())
		Expect(watched.Deleted(hasEnded)).To(BeTrue())
		Expect(see()).To(Equal(podwatch.Seen{Pod: hasEnded, Gone: true}))
	})

	It("is not what the answer to the creation says, if the watch was faster", func() {
		Expect(watched.Changed(runs)).To(BeFalse(), "it may be another's")
		Expect(see()).To(Equal(podwatch.Seen{}))
		watched.Created(created)
		Expect(see().Pod).To(BeIdenticalTo(runs))
	})

	It("is that it is gone, also if the watch was faster than the answer to the creation", func() {
		Expect(watched.Changed(runs)).To(BeFalse(), "it may be another's")
		Expect(watched.Deleted(runs)).To(BeFalse())
		watched.Created(created)
		Expect(see()).To(Equal(podwatch.Seen{Pod: runs, Gone: true}))
	})

	It("is that it is gone, whatever comes of it after that", func() {
		watched.Created(created)
		watched.Vanished()
		Expect(watched.Changed(runs)).To(BeTrue())
		Expect(see()).To(Equal(podwatch.Seen{Pod: created, Gone: true}))
		Expect(watched.Deleted(runs)).To(BeTrue())
		Expect(see().Gone).To(BeTrue())
	})

	It("is that it is about to end while it is being deleted", func() {
		deleted := version("this", "4", corev1.PodRunning)
		deleted.DeletionTimestamp = new(metav1.Now())
		watched.Created(created)
		watched.Changed(deleted)
		Expect(see().Ended()).To(BeFalse())
		Expect(see().Ending()).To(BeTrue())
	})

	It("is nothing of a pod with another name, or of another with the same", func() {
		other := version("this", "2", corev1.PodFailed)
		other.Name = "a-copy"
		Expect(watched.Changed(other)).To(BeFalse())
		Expect(watched.Deleted(other)).To(BeFalse())
		watched.Created(created)
		Expect(watched.Changed(version("another", "9", corev1.PodFailed))).To(BeFalse())
		Expect(watched.Deleted(version("another", "9", corev1.PodFailed))).To(BeFalse())
		Expect(see()).To(Equal(podwatch.Seen{Pod: created}))
	})

	DescribeTable("is the pod that was created, though the watch was late with another's news",
		func(late func(*corev1.Pod)) {
			late(version("another", "0", corev1.PodFailed))
			watched.Created(created)
			Expect(see()).To(Equal(podwatch.Seen{Pod: created}))
			Expect(watched.Changed(runs)).To(BeTrue())
			Expect(see()).To(Equal(podwatch.Seen{Pod: runs}))
		},
		Entry("that it changed", func(another *corev1.Pod) { watched.Changed(another) }),
		Entry("that it is gone", func(another *corev1.Pod) { watched.Deleted(another) }),
	)

	Describe("waited for", func() {
		It("is told when it is as wanted, and not before", func() {
			told := make(chan podwatch.Seen, 1)
			go func(watched *podwatch.Pod) {
				seen, _ := watched.Wait(context.Background(), podwatch.Seen.Ended)
				told <- seen
			}(watched)
			watched.Created(created)
			watched.Changed(runs)
			Consistently(told, "50ms").ShouldNot(Receive())
			watched.Changed(hasEnded)
			Eventually(told).Should(Receive(Equal(podwatch.Seen{Pod: hasEnded})))
		})

		It("is given up with the last of it when the time is up", func() {
			watched.Created(created)
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			seen, err := watched.Wait(ctx, podwatch.Seen.Ended)
			Expect(err).To(MatchError(context.Canceled))
			Expect(seen.Pod).To(BeIdenticalTo(created))
		})
	})
})
