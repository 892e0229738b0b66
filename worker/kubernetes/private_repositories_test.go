package kubernetes_test

import (
	"os"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes"
)

var _ = Describe("creating a container", func() {
	var w *world

	BeforeEach(func() {
		w = newWorld()
	})

	Describe("without a login", func() {
		const digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

		from := func(handle, repository string) garden.ContainerSpec {
			spec := task()
			spec.Handle, spec.RootFSPath = handle, "docker:///"+repository+digest
			return spec
		}
		pullPolicy := func(handle string) corev1.PullPolicy {
			GinkgoHelper()
			for _, pod := range w.pods() {
				if pod.Annotations["concourse-ci.org/handle"] == handle {
					return pod.Spec.Containers[0].ImagePullPolicy
				}
			}
			Fail("no pod has the handle " + handle)
			return ""
		}

		BeforeEach(func() {
			withLogin := from("with-login", "team/private")
			withLogin.Image = garden.ImageRef{URI: withLogin.RootFSPath, Username: "robot", Password: "s3cret-password"}
			w.create(withLogin)
		})

		It("always asks the registry for the image of a repository that was pulled from with one", func() {
			w.create(from("without-login", "docker.io/team/private"))
			w.create(from("elsewhere", "team/public"))
			Expect(pullPolicy("without-login")).To(Equal(corev1.PullAlways))
			Expect(pullPolicy("elsewhere")).To(Equal(corev1.PullIfNotPresent))
		})

		It("still does after a restart of the worker", func() {
			Expect(w.backend.Stop()).To(Succeed())
			w.start()
			w.create(from("without-login", "team/private"))
			Expect(pullPolicy("without-login")).To(Equal(corev1.PullAlways))
			Expect(os.ReadFile(w.config.PrivateRepositoriesFile)).To(MatchJSON(`["index.docker.io/team/private"]`))
		})

		It("does while a pod with a login may be pulling it", func() {
			w.init.silence()
			withLogin := from("starting", "team/starting")
			withLogin.Image = garden.ImageRef{URI: withLogin.RootFSPath, Username: "robot", Password: "s3cret-password"}
			ended := make(chan error)
			create := func(spec garden.ContainerSpec) {
				_, err := w.backend.Create(spec)
				ended <- err
			}
			go create(withLogin)
			Eventually(w.pods).Should(HaveLen(2))
			go create(from("without-login", "team/starting"))
			Eventually(w.pods).Should(HaveLen(3))
			Expect(pullPolicy("without-login")).To(Equal(corev1.PullAlways))

			w.init.answer()
			Eventually(ended).Should(Receive(BeNil()))
			Eventually(ended).Should(Receive(BeNil()))
		})

		It("takes what the node has if the pull with a login failed", func() {
			w.init.silence()
			w.whenCreated(waiting("ErrImagePull", "401 Unauthorized"))
			withWrongLogin := from("with-wrong-login", "library/busybox")
			withWrongLogin.Image = garden.ImageRef{URI: withWrongLogin.RootFSPath, Username: "robot", Password: "wrong"}
			_, err := w.backend.Create(withWrongLogin)
			Expect(err).To(HaveOccurred())
			w.init.answer()
			w.create(from("without-login", "library/busybox"))
			Expect(pullPolicy("without-login")).To(Equal(corev1.PullIfNotPresent))
		})

		It("is not created while it can't be known which repositories are private", func() {
			Expect(os.WriteFile(w.config.PrivateRepositoriesFile, []byte("["), 0o600)).To(Succeed())
			_, err := kubernetes.NewBackend(w.config)
			Expect(err).To(MatchError(ContainSubstring(w.config.PrivateRepositoriesFile)))
		})
	})
})
