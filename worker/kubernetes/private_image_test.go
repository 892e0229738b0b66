package kubernetes_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
)

var _ = Describe("creating a container from a private image", func() {
	var w *world

	BeforeEach(func() {
		w = newWorld()
	})

	It("puts the login into a Secret that the pod owns, and nowhere else", func() {
		w.create(privateTask())

		Expect(w.secrets()).To(HaveLen(1))
		secret := w.secrets()[0]
		Expect(secret.Name).To(Equal(podName))
		Expect(secret.Type).To(Equal(corev1.SecretTypeDockerConfigJson))
		Expect(secret.Data[".dockerconfigjson"]).To(MatchJSON(
			`{"auths":{"registry.example.com":{"username":"robot","password":"s3cret-password","auth":"cm9ib3Q6czNjcmV0LXBhc3N3b3Jk"}}}`))
		Expect(secret.OwnerReferences).To(HaveLen(1))
		Expect(secret.OwnerReferences[0].Kind).To(Equal("Pod"))
		Expect(secret.OwnerReferences[0].Name).To(Equal(podName))
		Expect(w.pod().Spec.ImagePullSecrets).To(ConsistOf(corev1.LocalObjectReference{Name: podName}))

		content, err := json.Marshal(w.pod())
		Expect(err).NotTo(HaveOccurred())
		Expect(string(content)).NotTo(ContainSubstring("s3cret-password"))
		Expect(secret.Annotations).To(HaveKeyWithValue("concourse-ci.org/node", "node-1"))
		Expect(secret.Annotations).NotTo(ContainElement(ContainSubstring("s3cret-password")))
		Expect(w.log.Buffer().Contents()).NotTo(ContainSubstring("s3cret-password"))
		Expect(os.ReadFile(filepath.Join(w.config.StateDir, handle, "container.json"))).NotTo(ContainSubstring("s3cret-password"))
	})

	It("logs in to Docker Hub the way Docker does", func() {
		spec := privateTask()
		spec.Image.URI = "docker:///team/private"
		w.create(spec)
		Expect(string(w.secrets()[0].Data[".dockerconfigjson"])).To(ContainSubstring(`"https://index.docker.io/v1/"`))
	})

	Describe("whose Secret the kubelet missed at first", func() {
		BeforeEach(func() {
			w.init.silence()
			w.whenCreated(waiting("ErrImagePull", "401 Unauthorized"))
			Expect(w.client.Tracker().Add(&corev1.Event{
				ObjectMeta: objectMeta("event"), Type: "Warning", Reason: "FailedToRetrieveImagePullSecret",
			})).To(Succeed())
		})

		It("starts when the kubelet tries again", func() {
			time.AfterFunc(50*time.Millisecond, w.init.answer)
			w.create(privateTask())
		})

		It("fails if that is no better", func() {
			_, err := w.backend.Create(privateTask())
			Expect(err).To(MatchError(ContainSubstring("401 Unauthorized")))
			w.expectNothingLeft()
		})
	})

	Describe("whose pull fails before the kubelet's events tell why", func() {
		tell := func(reason string) {
			defer GinkgoRecover()
			Expect(w.client.Tracker().Add(&corev1.Event{
				ObjectMeta: objectMeta("event"), Type: "Warning", Reason: reason,
			})).To(Succeed())
		}

		BeforeEach(func() {
			w.init.silence()
			w.whenCreated(waiting("ErrImagePull", "401 Unauthorized"))
		})

		It("starts if they tell of a missed Secret, when the kubelet tries again", func() {
			time.AfterFunc(50*time.Millisecond, func() {
				tell("FailedToRetrieveImagePullSecret")
				w.init.answer()
			})
			w.create(privateTask())
		})

		It("fails if they tell of the pull alone", func() {
			w.backend.WaitForSecondPulls()
			time.AfterFunc(50*time.Millisecond, func() { tell("Failed") })
			_, err := w.backend.Create(privateTask())
			Expect(err).To(MatchError(ContainSubstring("401 Unauthorized")))
		})
	})

	It("leaves nothing behind when it fails, and does not tell the password", func() {
		w.init.silence()
		w.whenCreated(waiting("ErrImagePull", "401 Unauthorized"))

		_, err := w.backend.Create(privateTask())

		Expect(err).To(MatchError(ContainSubstring("add username and password")))
		Expect(err).NotTo(MatchError(ContainSubstring("s3cret-password")))
		Expect(w.log.Buffer().Contents()).NotTo(ContainSubstring("s3cret-password"))
		w.expectNothingLeft()
	})
})
