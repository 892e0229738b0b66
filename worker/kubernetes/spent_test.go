package kubernetes_test

import (
	"errors"

	"code.cloudfoundry.org/garden"
	"github.com/concourse/concourse-kubernetes/worker/contract"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"
)

var _ = Describe("a container whose pod has ended", func() {
	var (
		w         *world
		container garden.Container
	)

	BeforeEach(func() {
		w = newWorld()
	})

	createCheck := func() {
		GinkgoHelper()
		spec := privateTask()
		spec.Properties[contract.Type] = "check"
		container = w.create(spec)
	}

	lookup := func() error {
		_, err := w.backend.Lookup(handle)
		return err
	}

	Describe("and in which only checks ran, which nobody comes back to", func() {
		BeforeEach(func() {
			createCheck()
			_, err := container.Run(garden.ProcessSpec{Path: "/opt/resource/check"}, garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			w.init.exit <- 0
		})

		It("is removed, so that the next check gets another one", func() {
			w.setStatus(evicted)
			Eventually(w.stateDirs).Should(BeEmpty())
			w.expectNothingLeft()
			Eventually(func() string { return string(w.log.Buffer().Contents()) }).Should(ContainSubstring("Evicted: low on memory"))
		})

		It("is not known any more while the kubelet takes its pod down", func() {
			w.ignoreDeletions()
			w.setStatus(evicted)
			Eventually(lookup).Should(Equal(garden.ContainerNotFoundError{Handle: handle}))
			Expect(w.backend.Containers(nil)).To(BeEmpty())
			Expect(w.pods()).To(HaveLen(1))
		})

		It("is removed also if it ended while there was no worker", func() {
			Expect(w.backend.Stop()).To(Succeed())
			w.setStatus(evicted)
			w.start()
			Eventually(w.stateDirs).Should(BeEmpty())
			w.expectNothingLeft()
		})

		It("is removed later if the API server refuses at first", func() {
			refusals := 2
			w.client.PrependReactor("delete", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
				refusals--
				return refusals >= 0, nil, apierrors.NewInternalError(errors.New("no leader"))
			})
			w.setStatus(evicted)
			Eventually(w.stateDirs).Should(BeEmpty())
			w.expectNothingLeft()
		})

		It("is made anew for who asks for its handle", func() {
			w.setStatus(evicted)
			Eventually(lookup).Should(HaveOccurred())
			w.create(task())
			Expect(lookup()).To(Succeed())
			Expect(w.pods()).To(HaveExactElements(HaveField("Status.Reason", BeEmpty())))
		})
	})

	Describe("or goes on without its init, which a check took away", func() {
		It("is removed after that check", func() {
			createCheck()
			process, err := container.Run(garden.ProcessSpec{Path: "/opt/resource/check"}, garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			w.init.silence()
			w.init.exit <- 0
			Expect(process.Wait()).To(BeZero())
			Expect(lookup()).To(Equal(garden.ContainerNotFoundError{Handle: handle}))
			Eventually(w.stateDirs).Should(BeEmpty())
			w.expectNothingLeft()
		})

		It("is removed after a check of which an impostor tells nonsense", func() {
			createCheck()
			w.init.attachErr = errGone
			process, err := container.Run(garden.ProcessSpec{Path: "/opt/resource/check"}, garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			_, err = process.Wait()
			Expect(err).To(MatchError(ContainSubstring("something in the pod ended init")))
			Expect(lookup()).To(Equal(garden.ContainerNotFoundError{Handle: handle}))
			Eventually(w.stateDirs).Should(BeEmpty())
		})

		It("is removed when the next one can't run", func() {
			createCheck()
			w.init.silence()
			w.init.startErr = errGone
			_, err := container.Run(garden.ProcessSpec{Path: "/opt/resource/check"}, garden.ProcessIO{})
			Expect(err).To(MatchError(ContainSubstring("something in the pod ended init, or removed or replaced its socket")))
			Expect(lookup()).To(Equal(garden.ContainerNotFoundError{Handle: handle}))
			Eventually(w.stateDirs).Should(BeEmpty())
		})

		It("stays if it is a step's: the step errors", func() {
			container = w.create(privateTask())
			w.init.silence()
			w.init.startErr = errGone
			_, err := container.Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
			Expect(err).To(MatchError(ContainSubstring("something in the pod ended init, or removed or replaced its socket")))
			Consistently(lookup, "100ms").Should(Succeed())
		})
	})

	It("tells the check that is running why, before it is removed", func() {
		createCheck()
		process, err := container.Run(garden.ProcessSpec{Path: "/opt/resource/check"}, garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		w.setStatus(evicted)
		_, err = process.Wait()
		Expect(err).To(MatchError(ContainSubstring("the pod ended: Evicted: low on memory")))
		Eventually(w.stateDirs).Should(BeEmpty())
	})

	It("stays if web may come back for the result of a process", func() {
		container = w.create(privateTask())
		_, err := container.Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		w.setStatus(evicted)
		Consistently(lookup, "300ms").Should(Succeed())
		Expect(w.backend.Containers(nil)).To(HaveLen(1))

		process, err := container.Attach("task", garden.ProcessIO{})
		Expect(err).NotTo(HaveOccurred())
		_, err = process.Wait()
		Expect(err).To(MatchError(ContainSubstring("the pod ended: Evicted: low on memory")))
	})

	It("stays if its step has not begun to run anything: it has to hear why it can't", func() {
		container = w.create(privateTask())
		w.init.silence()
		w.setStatus(evicted)
		Consistently(lookup, "300ms").Should(Succeed())
	})
})
