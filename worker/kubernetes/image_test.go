package kubernetes_test

import (
	"errors"
	"time"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
)

var _ = Describe("creating a container", func() {
	var w *world

	BeforeEach(func() {
		w = newWorld()
	})

	Describe("from an image that is a volume", func() {
		const directory = "/volumes/live/x/volume/rootfs"
		spec := func() garden.ContainerSpec {
			spec := task()
			spec.RootFSPath = "raw://" + directory
			return spec
		}

		It("has the node pull it as any other, if it is not there yet", func() {
			w.create(spec())
			container := w.pod().Spec.Containers[0]
			Expect(container.Image).To(Equal("127.0.0.1:7790/volume@sha256:of" + directory))
			Expect(container.ImagePullPolicy).To(Equal(corev1.PullIfNotPresent))
			Expect(*container.SecurityContext.Privileged).To(BeFalse())
		})

		It("is privileged as any other", func() {
			privileged := spec()
			privileged.Privileged = true
			w.create(privileged)
			Expect(*w.pod().Spec.Containers[0].SecurityContext.Privileged).To(BeTrue())
		})

		It("fails, and leaves nothing behind, if no image can be made of it", func() {
			w.volumeImages.err = errors.New("unreadable")
			_, err := w.backend.Create(spec())
			Expect(err).To(MatchError("start pod ci/" + podName + " with image " + directory + " on node node-1: unreadable"))
			w.expectNothingLeft()
		})

		Describe("that takes long to read", func() {
			var failed chan error

			BeforeEach(func() {
				w.volumeImages.reading = make(chan struct{})
				failed = make(chan error, 1)
			})

			create := func() {
				GinkgoHelper()
				go func() {
					_, err := w.backend.Create(spec())
					failed <- err
				}()
				Eventually(w.volumeImages.reading).Should(BeClosed())
			}

			It("fails when it is destroyed", func() {
				create()
				Expect(w.backend.Destroy(handle)).To(Succeed())
				Eventually(failed).Should(Receive(MatchError(ContainSubstring("destroyed while it was starting"))))
				w.expectNothingLeft()
			})

			It("fails when its time is up", func() {
				w.config.PodStartupTimeout = 200 * time.Millisecond
				w.start()
				create()
				Eventually(failed).Should(Receive(MatchError(ContainSubstring("took too long"))))
				w.expectNothingLeft()
			})

			It("tells web that the worker went away, if it does", func() {
				create()
				Expect(w.backend.Stop()).To(Succeed())
				Eventually(failed).Should(Receive(MatchError(MatchRegexp("worker .+ disappeared"))))
			})
		})

		It("names the volume when the node can't pull it", func() {
			w.init.silence()
			w.whenCreated(waiting("ErrImagePull", "127.0.0.1:7790/volume@sha256:0: not found"))
			_, err := w.backend.Create(spec())
			Expect(err).To(MatchError(And(
				ContainSubstring(directory), ContainSubstring("not found"),
				ContainSubstring("the worker's log"), Not(ContainSubstring("image's source")),
			)))
			w.expectNothingLeft()
		})
	})

	DescribeTable("from the image of a volume that a pipeline names fails, and makes no pod",
		func(uri string) {
			spec := task()
			spec.RootFSPath, spec.Image.URI = uri, ""
			_, err := w.backend.Create(spec)
			Expect(err).To(MatchError(And(ContainSubstring("127.0.0.1:7790/volume@sha256:0"), ContainSubstring("only Concourse itself may name"))))
			w.expectNothingLeft()
		},
		Entry("as a rootfs_uri", "docker:///127.0.0.1:7790/volume@sha256:0"),
		Entry("as a rootfs_uri with the registry as its host", "docker://127.0.0.1:7790/volume@sha256:0"),
	)
})
