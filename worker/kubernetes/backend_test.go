package kubernetes_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clienttesting "k8s.io/client-go/testing"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes"
)

func objectMeta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: namespace}
}

func (w *world) deletePod() {
	GinkgoHelper()
	Expect(w.client.CoreV1().Pods(namespace).Delete(context.Background(), podName, metav1.DeleteOptions{})).To(Succeed())
}

var _ = Describe("the backend", func() {
	var w *world

	BeforeEach(func() {
		w = newWorld()
	})

	Describe("destroying a container", func() {
		It("removes pod, Secret and state", func() {
			w.create(privateTask())
			Expect(w.backend.Destroy(handle)).To(Succeed())
			w.expectNothingLeft()
			_, err := w.backend.Lookup(handle)
			Expect(err).To(Equal(garden.ContainerNotFoundError{Handle: handle}))
		})

		It("waits until the kubelet has taken the pod down", func() {
			w.create(task())
			w.ignoreDeletions()
			destroyed := make(chan error)
			go func() { destroyed <- w.backend.Destroy(handle) }()

			Consistently(destroyed, "100ms").ShouldNot(Receive())
			Expect(w.stateDirs()).To(HaveLen(1))
			Expect(w.client.Tracker().Delete(corev1.SchemeGroupVersion.WithResource("pods"), namespace, podName)).To(Succeed())

			Eventually(destroyed).Should(Receive(BeNil()))
			w.expectNothingLeft()
		})

		It("says so if the pod stays, and can be repeated", func() {
			w.create(task())
			w.ignoreDeletions()
			Expect(w.backend.Destroy(handle)).To(MatchError(MatchRegexp(`still there after [0-9.]+m?s: check that the kubelet of node node-1 is well`)))

			Expect(w.client.Tracker().Delete(corev1.SchemeGroupVersion.WithResource("pods"), namespace, podName)).To(Succeed())
			Eventually(func() []garden.Container { all, _ := w.backend.Containers(nil); return all }).Should(BeEmpty())
		})

		It("does not know other handles", func() {
			Expect(w.backend.Destroy("other")).To(Equal(garden.ContainerNotFoundError{Handle: "other"}))
		})

		It("leaves the handle free", func() {
			w.create(task())
			Expect(w.backend.Destroy(handle)).To(Succeed())
			w.create(task())
		})
	})

	Describe("after a restart", func() {
		It("finds its containers and their processes again", func() {
			container := w.create(task())
			Expect(container.SetProperty("concourse:exit-status", "0")).To(Succeed())
			_, err := container.Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			Expect(w.backend.Stop()).To(Succeed())

			w.start()

			found, err := w.backend.Lookup(handle)
			Expect(err).NotTo(HaveOccurred())
			Expect(found.Properties()).To(HaveKeyWithValue("concourse:exit-status", "0"))
			process, err := found.Attach("task", garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			w.init.exit <- 5
			Expect(process.Wait()).To(Equal(5))

			_, err = found.Run(garden.ProcessSpec{Path: "sh"}, garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			_, err = found.Run(garden.ProcessSpec{ID: "other", Path: "make"}, garden.ProcessIO{})
			Expect(err).To(MatchError(ContainSubstring("forgot the container's environment")))

			Expect(w.backend.Destroy(handle)).To(Succeed())
			w.expectNothingLeft()
		})

		It("ends the streams of its earlier life", func() {
			process, err := w.create(task()).Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			Expect(w.backend.Stop()).To(Succeed())
			_, err = process.Wait()
			Expect(err).To(MatchError(context.Canceled))
		})

		It("removes a container of checks whose pod is gone, with its Secret", func() {
			spec := privateTask()
			spec.Properties[contract.Type] = "check"
			w.create(spec)
			Expect(w.backend.Stop()).To(Succeed())
			Expect(w.client.Tracker().Delete(podResource, namespace, w.pod().Name)).To(Succeed())
			w.start()
			w.expectNothingLeft()
		})

		It("says why it has no result of a step whose pod is gone", func() {
			_, err := w.create(privateTask()).Run(garden.ProcessSpec{ID: "task", Path: "make"}, garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			Expect(w.backend.Stop()).To(Succeed())
			w.deletePod()
			w.start()
			process, err := w.lookup().Attach("task", garden.ProcessIO{})
			Expect(err).NotTo(HaveOccurred())
			_, err = process.Wait()
			Expect(err).To(MatchError(ContainSubstring("the pod was gone when the worker came back")))
			Expect(w.backend.Destroy(handle)).To(Succeed())
			w.expectNothingLeft()
		})

		It("removes pods whose state is gone", func() {
			w.create(task())
			Expect(w.backend.Stop()).To(Succeed())
			Expect(os.RemoveAll(filepath.Join(w.config.StateDir, handle))).To(Succeed())
			w.start()
			Eventually(w.pods).Should(BeEmpty())
		})

		It("leaves the pods of other workers alone", func() {
			w.create(task())
			Expect(w.backend.Stop()).To(Succeed())
			w.config.WorkerName, w.config.StateDir = "worker-2", GinkgoT().TempDir()
			w.start()
			Expect(w.backend.Containers(nil)).To(BeEmpty())
			Consistently(w.pods, "50ms").Should(HaveLen(1))
		})
	})

	It("says at once what the API server refuses", func() {
		w.client.PrependReactor("list", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
			return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", errors.New("no RBAC"))
		})
		backend, err := kubernetes.NewBackend(w.config)
		Expect(err).NotTo(HaveOccurred())
		Expect(backend.Start()).To(MatchError(And(
			ContainSubstring("list pods in namespace ci"), ContainSubstring("no RBAC"), ContainSubstring("the verb list"))))
	})

	It("answers for its own health, also while the API server is away", func() {
		w.client.PrependReactor("*", "*", func(clienttesting.Action) (bool, runtime.Object, error) {
			return true, nil, syscall.ECONNREFUSED
		})
		Expect(w.backend.Ping()).To(Succeed())
	})

	It("answers for its capacity", func() {
		capacity, err := w.backend.Capacity()
		Expect(err).NotTo(HaveOccurred())
		Expect(capacity.MaxContainers).To(BeNumerically(">", 0))
	})

	DescribeTable("refuses a configuration",
		func(change func(*kubernetes.Config), said string) {
			config := w.config
			change(&config)
			_, err := kubernetes.NewBackend(config)
			Expect(err).To(MatchError(ContainSubstring(said)))
		},
		Entry("without namespace", func(c *kubernetes.Config) { c.Namespace = "" }, "namespace is not set"),
		Entry("without client", func(c *kubernetes.Config) { c.Client = nil }, "a client"),
		Entry("without timeout", func(c *kubernetes.Config) { c.PodStartupTimeout = 0 }, "timeout"),
	)
})

// ignoreDeletions lets pods stay, as a node does that takes its time.
func (w *world) ignoreDeletions() { w.keepsPods.Store(true) }

var _ = Describe("installing init", func() {
	It("makes a copy that runs as root, and leaves it alone afterwards", func() {
		source, dir := filepath.Join(GinkgoT().TempDir(), "built"), filepath.Join(GinkgoT().TempDir(), "init")
		Expect(os.WriteFile(source, []byte("init"), 0o600)).To(Succeed())

		path, err := kubernetes.InstallInit(source, dir)

		if os.Getuid() != 0 {
			Expect(err).To(MatchError(ContainSubstring("run as root")))
			return
		}
		Expect(err).NotTo(HaveOccurred())
		Expect(path).To(Equal(filepath.Join(dir, "concourse-init")))
		first, err := os.Stat(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(first.Mode()).To(Equal(os.ModeSetuid | 0o755))

		Expect(kubernetes.InstallInit(source, dir)).To(Equal(path))
		second, err := os.Stat(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(os.SameFile(first, second)).To(BeTrue())

		Expect(os.WriteFile(source, []byte("newer"), 0o600)).To(Succeed())
		Expect(kubernetes.InstallInit(source, dir)).To(Equal(path))
		Expect(os.ReadFile(path)).To(BeEquivalentTo("newer"))
		Expect(os.ReadDir(dir)).To(HaveLen(1))
	})

	It("says what is missing", func() {
		_, err := kubernetes.InstallInit("/no/such/init", GinkgoT().TempDir())
		Expect(err).To(MatchError(ContainSubstring("/no/such/init")))
	})
})
