package kubernetes_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clienttesting "k8s.io/client-go/testing"
)

var _ = Describe("creating a container", func() {
	var w *world

	BeforeEach(func() {
		w = newWorld()
	})

	It("makes a pod and returns when its init answers", func() {
		w.init.silence()
		created := make(chan garden.Container)
		go func() {
			defer GinkgoRecover()
			created <- w.create(task())
		}()

		Eventually(w.pods).Should(HaveLen(1))
		Consistently(created, "100ms").ShouldNot(Receive())
		Expect(w.backend.Containers(nil)).To(BeEmpty(), "web looks for a container in this list, to use it")
		_, err := w.backend.Lookup(handle)
		Expect(err).To(Equal(garden.ContainerNotFoundError{Handle: handle}))

		w.init.answer()

		var container garden.Container
		Eventually(created).Should(Receive(&container))
		Expect(container.Handle()).To(Equal(handle))
		Expect(container.Properties()).To(HaveKeyWithValue("user", "root"))
		Expect(w.pod().Spec.Containers[0].Image).To(Equal(image))
		Expect(w.pod().Spec.NodeName).To(Equal("node-1"))
		Expect(w.backend.Lookup(handle)).To(BeIdenticalTo(container))
	})

	It("asks init less and less often", func() {
		w.init.silence()
		created := make(chan garden.Container)
		go func() {
			defer GinkgoRecover()
			created <- w.create(task())
		}()
		Consistently(created, "1s").ShouldNot(Receive())
		Expect(w.init.pingCount()).To(BeNumerically("<", 70), "it would be a hundred at the pace of the first")
		w.init.answer()
		Eventually(created).Should(Receive())
	})

	It("returns the same container for the same handle, also while it starts", func() {
		w.init.silence()
		created := make(chan garden.Container, 2)
		for range 2 {
			go func() {
				defer GinkgoRecover()
				created <- w.create(task())
			}()
		}
		Eventually(w.pods).Should(HaveLen(1))
		w.init.answer()

		var first, second garden.Container
		Eventually(created).Should(Receive(&first))
		Eventually(created).Should(Receive(&second))
		Expect(second).To(BeIdenticalTo(first))
	})

	It("keeps the environment out of the pod and off the disk", func() {
		w.create(task())

		content, err := json.Marshal(w.pod())
		Expect(err).NotTo(HaveOccurred())
		Expect(string(content)).NotTo(ContainSubstring("s3cret-env"))
		Expect(os.ReadFile(filepath.Join(w.config.StateDir, handle, "container.json"))).NotTo(ContainSubstring("s3cret-env"))
		Expect(w.log.Buffer().Contents()).NotTo(ContainSubstring("s3cret-env"))
	})

	It("makes up a handle if there is none", func() {
		spec := task()
		spec.Handle = ""
		Expect(w.create(spec).Handle()).NotTo(BeEmpty())
	})

	DescribeTable("refuses a handle that is no directory in the state directory", func(handle string) {
		spec := task()
		spec.Handle = handle
		_, err := w.backend.Create(spec)
		Expect(err).To(MatchError(ContainSubstring(strconv.Quote(handle))))
		Expect(w.backend.StateDir).To(BeADirectory())
	},
		Entry("a path", "../etc"),
		Entry("the parent", ".."),
		Entry("itself", "."),
	)

	It("refuses a volume that is not there", func() {
		spec := task()
		spec.BindMounts = []garden.BindMount{{SrcPath: "/no/such/volume", DstPath: "/tmp/build/in"}}
		_, err := w.backend.Create(spec)
		Expect(err).To(MatchError(And(ContainSubstring("/tmp/build/in"), ContainSubstring("/no/such/volume"))))
		w.expectNothingLeft()
	})

	Describe("from a private image", func() {
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

	Describe("whose pod does not start", func() {
		BeforeEach(func() {
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
				ContainSubstring("not started within 200ms: pod is Pending, container waits: ContainerCreating, last warning: FailedMount: no such volume"),
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

	DescribeTable("the API server refuses",
		func(verb, resource string, refusal error, said ...string) {
			w.client.PrependReactor(verb, resource, func(clienttesting.Action) (bool, runtime.Object, error) {
				return true, nil, refusal
			})

			_, err := w.backend.Create(privateTask())

			for _, words := range said {
				Expect(err).To(MatchError(ContainSubstring(words)))
			}
			w.expectNothingLeft()
		},
		Entry("for want of permission", "create", "pods",
			apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New("no RBAC")),
			"create the pod: ", "no RBAC", "grant the worker's service account the verb create"),
		Entry("for want of quota", "create", "pods",
			apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New("exceeded quota: q")),
			"exceeded quota: q", "raise it"),
		Entry("for a limit range", "create", "pods",
			apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New("maximum memory usage per Container is 96Mi, but limit is 100Mi")),
			"but limit is 100Mi", "change it, or the step's container_limits"),
		Entry("because of Pod Security", "create", "pods",
			apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New(`violates PodSecurity "baseline"`)),
			"Pod Security level privileged"),
		Entry("by a webhook", "create", "pods",
			apierrors.NewBadRequest(`admission webhook "policy" denied the request`),
			"admission policy"),
		Entry("by a policy, which is no want of permission", "create", "pods",
			apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New("ValidatingAdmissionPolicy 'concourse-worker-pods' with binding 'all' denied request: one container")),
			"one container", "deploy/policies/worker.yaml"),
		Entry("for want of the namespace", "create", "secrets",
			apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, namespace),
			"create the pull secret: ", `namespaces "ci" not found`, "create the namespace"),
		Entry("to change the Secret", "patch", "secrets",
			apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, podName, errors.New("no RBAC")),
			"patch the pull secret: ", "the verb patch"),
	)
})
