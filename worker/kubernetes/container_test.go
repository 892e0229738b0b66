package kubernetes_test

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"time"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/gardenserver"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

var _ = Describe("a container", func() {
	var (
		w         *world
		container garden.Container
		output    *gbytes.Buffer
	)

	BeforeEach(func() {
		w = newWorld()
		container = w.create(task())
		output = gbytes.NewBuffer()
	})

	run := func() garden.Process {
		GinkgoHelper()
		process, err := container.Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{Stdout: output})
		Expect(err).NotTo(HaveOccurred())
		return process
	}

	waitFor := func(process garden.Process) chan error {
		ended := make(chan error, 1)
		go func() {
			_, err := process.Wait()
			ended <- err
		}()
		return ended
	}

	Describe("running a process", func() {
		It("hands it to init with the container's environment, and returns output and exit status", func() {
			process, err := container.Run(garden.ProcessSpec{
				ID: "task", Path: "make", Args: []string{"all"}, Env: []string{"A=b"}, Dir: "/src", User: "nobody",
				TTY: &garden.TTYSpec{WindowSize: &garden.WindowSize{Columns: 80, Rows: 24}},
			}, garden.ProcessIO{Stdin: strings.NewReader("input"), Stdout: output})
			Expect(err).NotTo(HaveOccurred())
			Expect(process.ID()).To(Equal("task"))
			Expect(w.init.started).To(ConsistOf(podinit.ProcessSpec{
				ID: "task", Path: "make", Args: []string{"all"}, Env: []string{"TOKEN=s3cret-env", "A=b"}, Dir: "/src", User: "nobody",
				Terminal: &podinit.WindowSize{Columns: 80, Rows: 24},
			}))
			Eventually(output).Should(gbytes.Say("output"))
			Eventually(w.init.stdinRead).Should(Equal("input"))

			w.init.exit <- 3
			Expect(process.Wait()).To(Equal(3))
		})

		It("gives a process without ID one", func() {
			process, err := container.Run(garden.ProcessSpec{Path: "sh"}, garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			Expect(process.ID()).NotTo(BeEmpty())
		})

		It("copies a step's process to the pod's log, and not what a person does in the container", func() {
			run()
			_, err := container.Run(garden.ProcessSpec{Path: "sh"}, garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			Expect(w.init.started).To(HaveExactElements(HaveField("Unlogged", false), HaveField("Unlogged", true)))
		})

		It("copies a resource's check to the pod's log, and not what a person does in its container", func() {
			spec := task()
			spec.Handle = "check"
			spec.Properties[contract.Type] = "check"
			container := w.create(spec)
			for _, path := range []string{"/opt/resource/check", "sh"} {
				_, err := container.Run(garden.ProcessSpec{Path: path}, garden.ProcessIO{})
				Expect(err).NotTo(HaveOccurred())
			}
			Expect(w.init.started).To(HaveExactElements(HaveField("Unlogged", false), HaveField("Unlogged", true)))
		})

		It("says when the image has no such executable", func() {
			w.init.startErr = &podinit.ExecutableNotFoundError{Path: "make"}
			_, err := container.Run(garden.ProcessSpec{Path: "make"}, garden.ProcessIO{})
			Expect(err).To(BeAssignableToTypeOf(garden.ExecutableNotFoundError{}))
			Expect(err).To(MatchError(ContainSubstring("make")))
		})

		It("says at once what else init refuses, and knows no such process", func() {
			w.init.startErr = errors.New("no user builder")
			_, err := container.Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
			Expect(err).To(MatchError("start process task in pod ci/" + podName + ": no user builder"))
			_, err = container.Attach("task", garden.ProcessIO{})
			Expect(err).To(Equal(garden.ProcessNotFoundError{ProcessID: "task"}))
		})

		It("fails in the words for which web runs the step again, when the worker is stopped", func() {
			Expect(w.backend.Stop()).To(Succeed())
			w.init.startErr = context.Canceled
			_, err := container.Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
			Expect(err).To(MatchError(MatchRegexp("worker .+ disappeared")))
		})

		It("is known for a client to attach before it runs, in case the worker ends then", func() {
			var known []string
			w.init.whenStarted = func() { info, _ := container.Info(); known = info.ProcessIDs }
			run()
			Expect(known).To(ConsistOf("task"))
		})

		It("says why the pod ended before", func() {
			w.setStatus(outOfMemory)
			Eventually(func() string { info, _ := container.Info(); return info.State }).Should(Equal("stopped"))
			w.init.startErr = errors.New("connection refused")
			_, err := container.Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
			Expect(err).To(MatchError(ContainSubstring("the pod ended: OOMKilled")))
		})

		It("passes signals and window sizes on", func() {
			process := run()
			Expect(process.Signal(garden.SignalTerminate)).To(Succeed())
			Expect(process.Signal(garden.SignalKill)).To(Succeed())
			Expect(process.SetTTY(garden.TTYSpec{WindowSize: &garden.WindowSize{Columns: 1, Rows: 2}})).To(Succeed())
			Expect(process.SetTTY(garden.TTYSpec{})).To(Succeed())
			Expect(w.init.signals).To(Equal([]syscall.Signal{syscall.SIGTERM, syscall.SIGKILL}))
			Expect(w.init.resized).To(Equal([]podinit.WindowSize{{Columns: 1, Rows: 2}}))
		})
	})

	Describe("attaching", func() {
		It("follows a process that runs, in place of who did before", func() {
			ended := waitFor(run())
			Eventually(w.init.attachCount).Should(Equal(1))

			process, err := container.Attach("task", garden.ProcessIO{Stdout: output})
			Expect(err).NotTo(HaveOccurred())
			Eventually(ended).Should(Receive(MatchError(ContainSubstring("another client attached"))))
			Eventually(w.init.attachCount).Should(Equal(2))

			w.init.exit <- 0
			Expect(process.Wait()).To(Equal(0))
		})

		It("fails for a process that was not run", func() {
			_, err := container.Attach("task", garden.ProcessIO{})
			Expect(err).To(Equal(garden.ProcessNotFoundError{ProcessID: "task"}))
		})

		It("ends when the client is gone, so that the rest is there for the next", func() {
			process, err := container.Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{Stdin: strings.NewReader("")})
			Expect(err).NotTo(HaveOccurred())

			process.(gardenserver.Detacher).Detach()

			Eventually(waitFor(process)).Should(Receive(MatchError(ContainSubstring("the client is gone"))))
		})

		It("goes on when stdin ends", func() {
			process, err := container.Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{Stdin: strings.NewReader("")})
			Expect(err).NotTo(HaveOccurred())
			Consistently(waitFor(process), "50ms").ShouldNot(Receive())
		})
	})

	It("keeps properties and the grace time", func() {
		Expect(container.SetProperty("concourse:exit-status", "0")).To(Succeed())
		Expect(container.Property("concourse:exit-status")).To(Equal("0"))
		Expect(w.backend.Containers(garden.Properties{"concourse:exit-status": "0"})).To(HaveLen(1))
		Expect(w.backend.Containers(garden.Properties{"concourse:exit-status": "1"})).To(BeEmpty())
		Expect(container.RemoveProperty("concourse:exit-status")).To(Succeed())
		Expect(container.RemoveProperty("concourse:exit-status")).To(MatchError(ContainSubstring("no property")))
		_, err := container.Property("concourse:exit-status")
		Expect(err).To(MatchError(ContainSubstring("no property concourse:exit-status")))

		Expect(w.backend.GraceTime(container)).To(BeZero())
		Expect(container.SetGraceTime(time.Minute)).To(Succeed())
		Expect(w.backend.GraceTime(container)).To(Equal(time.Minute))
	})

	It("has information, one by one and in bulk", func() {
		w.setStatus(func(status *corev1.PodStatus) { status.PodIP = "10.0.0.7" })
		Eventually(func() string { info, _ := container.Info(); return info.ContainerIP }).Should(Equal("10.0.0.7"))
		infos, err := w.backend.BulkInfo([]string{handle, "other"})
		Expect(err).NotTo(HaveOccurred())
		Expect(infos[handle].Info.State).To(Equal("active"))
		Expect(infos["other"].Err.Err).To(Equal(garden.ContainerNotFoundError{Handle: "other"}))
		metrics, err := w.backend.BulkMetrics([]string{handle, "other"})
		Expect(err).NotTo(HaveOccurred())
		Expect(metrics[handle].Err).To(BeNil())
		Expect(metrics["other"].Err).NotTo(BeNil())
	})

	It("says what it can't do", func() {
		Expect(container.StreamIn(garden.StreamInSpec{})).To(MatchError(ContainSubstring("not supported by the Kubernetes runtime")))
		_, err := container.StreamOut(garden.StreamOutSpec{})
		Expect(err).To(MatchError(ContainSubstring("not supported by the Kubernetes runtime")))
		Expect(container.NetOut(garden.NetOutRule{})).To(MatchError(ContainSubstring("not supported by the Kubernetes runtime")))
	})
})
