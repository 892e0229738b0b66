package kubernetes_test

import (
	"errors"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clienttesting "k8s.io/client-go/testing"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

var _ = Describe("stopping a container", func() {
	var (
		w         *world
		container garden.Container
		process   garden.Process
		ended     chan error
	)

	BeforeEach(func() {
		w = newWorld()
		container = w.create(task())
		var err error
		process, err = container.Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		Eventually(w.init.attachCount).Should(Equal(1))
		ended = make(chan error, 1)
		go func(process garden.Process, ended chan<- error) {
			_, err := process.Wait()
			ended <- err
		}(process, ended)
	})

	It("is init's work, and leaves the pod", func() {
		w.init.exit <- 143
		Expect(container.Stop(false)).To(Succeed())
		Expect(container.Stop(true)).To(Succeed())
		Expect(w.init.stopped).To(Equal([]bool{false, true}))
		Expect(w.pods()).To(HaveLen(1))
	})

	It("deletes the pod whose init can't be reached, and has the process end", func() {
		w.init.stopErr = errGone
		Expect(container.Stop(false)).To(Succeed())
		Expect(w.pods()).To(BeEmpty())
		Eventually(ended).Should(Receive(MatchError(ContainSubstring("the pod was deleted"))))
	})

	It("deletes the pod whose init only says that it stopped", func() {
		Expect(container.Stop(false)).To(Succeed())
		Expect(w.pods()).To(BeEmpty())
		Eventually(ended).Should(Receive(MatchError(ContainSubstring("the pod was deleted"))))
	})

	It("gives the pod next to no time to end in", func() {
		w.init.stopErr = errGone
		var options []int64
		w.client.PrependReactor("delete", "pods", func(action clienttesting.Action) (bool, runtime.Object, error) {
			options = append(options, *action.(clienttesting.DeleteActionImpl).DeleteOptions.GracePeriodSeconds)
			return false, nil, nil
		})
		Expect(container.Stop(false)).To(Succeed())
		Expect(options).To(Equal([]int64{1}))
	})

	It("has the process end though the kubelet does not take the pod down", func() {
		w.ignoreDeletions()
		w.init.stopErr = errGone
		Expect(container.Stop(false)).To(MatchError(And(ContainSubstring("no such file or directory"), ContainSubstring("kubelet"))))
		Eventually(ended).Should(Receive(MatchError(ContainSubstring("was to end"))))
	})

	It("asks an API server again that is away", func() {
		refusals := 2
		w.client.PrependReactor("delete", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
			refusals--
			return refusals >= 0, nil, apierrors.NewServiceUnavailable("it starts")
		})
		w.init.stopErr = errGone
		Expect(container.Stop(false)).To(Succeed())
		Expect(w.pods()).To(BeEmpty())
	})

	It("says what keeps the pod from being deleted, and has the process end", func() {
		w.client.PrependReactor("delete", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
			return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, podName, errors.New("no"))
		})
		w.init.stopErr = errGone
		Expect(container.Stop(false)).To(MatchError(ContainSubstring("grant the worker's service account the verb delete")))
		Eventually(ended).Should(Receive(MatchError(ContainSubstring("was to end"))))
	})

	It("has no say once the pod has ended", func() {
		w.setStatus(evicted)
		Eventually(ended).Should(Receive(HaveOccurred()))
		w.init.stopErr = errGone
		Expect(container.Stop(false)).To(Succeed())
		Expect(w.pods()).To(HaveLen(1))
	})

	Describe("by a signal to its process", func() {
		It("deletes the pod whose init can't be reached", func() {
			w.init.signalErr = errGone
			Expect(process.Signal(garden.SignalKill)).To(Succeed())
			Expect(w.pods()).To(BeEmpty())
			Eventually(ended).Should(Receive(MatchError(ContainSubstring("the pod was deleted"))))
		})

		It("leaves the pod whose init knows no such process", func() {
			w.init.signalErr = &podinit.NoSuchProcessError{ID: "task"}
			Expect(process.Signal(garden.SignalKill)).To(MatchError(ContainSubstring("no process")))
			Expect(w.pods()).To(HaveLen(1))
		})
	})

	It("is not needed to destroy it", func() {
		w.init.silence()
		w.init.stopErr = errGone
		Expect(w.backend.Destroy(handle)).To(Succeed())
		w.expectNothingLeft()
		Eventually(ended).Should(Receive(HaveOccurred()))
	})
})
