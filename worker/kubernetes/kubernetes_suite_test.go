package kubernetes_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3/lagertest"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/concourse/concourse-kubernetes/worker/contract"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes"
)

func TestKubernetes(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(5 * time.Second)
	RunSpecs(t, "Kubernetes Runtime Suite")
}

const (
	namespace = "ci"
	handle    = "1a2b3c4d-0000-4000-8000-1234567890ab"
	podName   = "demo-task-unit-1a2b3c4d"
	image     = "registry.example.com/team/golang:1"
)

// world is a backend with an API server and with an init, both of which are
// fakes.
type world struct {
	client   *fake.Clientset
	init     *fakeInit
	uids     *podUIDs
	log      *lagertest.TestLogger
	config   kubernetes.Config
	backend  *kubernetes.Backend
	watching chan struct{}

	// keepsPods has deletions of pods ignored.
	keepsPods atomic.Bool

	volumeImages *fakeVolumeImages

	// verified are the processes and containers that were looked at.
	verified  []string
	verifyErr error

	// networks are those of the processes that are what they should be.
	networks map[*os.File]int

	// cutOff are the processes whose pods were cut off from the network.
	cutOff    []int
	cutOffErr error

	// weights are those of the pods, by their names.
	weights   sync.Map
	weightErr error
}

func (w *world) setWeight(pid int, containerID, podUID string, shares uint64) error {
	w.weights.Store(podUID, shares)
	return w.weightErr
}

func (w *world) networkOfInit(pid int, container string) (*os.File, error) {
	w.verified = append(w.verified, fmt.Sprint(pid, " of ", container))
	if w.verifyErr != nil {
		return nil, w.verifyErr
	}
	network, err := os.Open(os.DevNull)
	w.networks[network] = pid
	return network, err
}

func (w *world) cutOffNetwork(network *os.File) error {
	w.cutOff = append(w.cutOff, w.networks[network])
	return w.cutOffErr
}

// newInit connects to the init of the pod that has the socket. All are one.
func (w *world) newInit(socket string) kubernetes.Init {
	return initInPod{w.init, w.uids, filepath.Dir(socket)}
}

func newWorld() *world {
	w := &world{
		client:   fake.NewSimpleClientset(),
		init:     newFakeInit(),
		uids:     &podUIDs{byRunDir: map[string]types.UID{}},
		log:      lagertest.NewTestLogger("worker"),
		watching: make(chan struct{}, 10),

		volumeImages: &fakeVolumeImages{},
		networks:     map[*os.File]int{},
	}
	w.client.PrependWatchReactor("pods", func(action clienttesting.Action) (bool, watch.Interface, error) {
		watcher, err := w.client.Tracker().Watch(action.GetResource(), namespace)
		w.watching <- struct{}{}
		return true, watcher, err
	})
	w.client.PrependReactor("delete", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
		return w.keepsPods.Load(), nil, nil
	})
	w.client.PrependReactor("create", "pods", w.uids.identify)
	dir := newStateDir()
	w.config = kubernetes.Config{
		Client:                  w.client,
		Namespace:               namespace,
		NodeName:                "node-1",
		WorkerName:              "worker-1",
		StateDir:                filepath.Join(dir, "containers"),
		PrivateRepositoriesFile: filepath.Join(dir, "private-repositories.json"),
		InitBinary:              "/var/lib/concourse/init/concourse-init",
		PodStartupTimeout:       5 * time.Second,
		IdleCheckTimeout:        time.Hour,
		MaxPods:                 func() int { return 110 },
		BootID:                  "this-boot",
		VolumeImages:            w.volumeImages,
		NewInit:                 w.newInit,
		NetworkOfInit:           w.networkOfInit,
		CutOffNetwork:           w.cutOffNetwork,
		SetCPUWeight:            w.setWeight,
		Logger:                  w.log,
	}
	w.start()
	return w
}

// newStateDir is removed with its spec, once nothing is removed from it any more
// behind an answer.
func newStateDir() string {
	GinkgoHelper()
	dir, err := os.MkdirTemp("", "backend")
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() {
		Eventually(func() error { return os.RemoveAll(dir) }).Should(Succeed())
	})
	return dir
}

// start starts a backend, as the worker does that comes back after a restart.
func (w *world) start() {
	GinkgoHelper()
	if w.backend != nil {
		Expect(w.backend.Stop()).To(Succeed())
	}
	backend, err := kubernetes.NewBackend(w.config)
	Expect(err).NotTo(HaveOccurred())
	backend.Hurry()
	Expect(backend.Start()).To(Succeed())
	DeferCleanup(backend.Stop)
	Eventually(w.watching).Should(Receive())
	w.backend = backend
}

func (w *world) create(spec garden.ContainerSpec) garden.Container {
	GinkgoHelper()
	container, err := w.backend.Create(spec)
	Expect(err).NotTo(HaveOccurred())
	return container
}

// whenCreated changes the pod's status as soon as it is there.
func (w *world) whenCreated(change func(*corev1.PodStatus)) {
	w.client.PrependReactor("create", "pods", func(action clienttesting.Action) (bool, runtime.Object, error) {
		pod := action.(clienttesting.CreateAction).GetObject().(*corev1.Pod)
		change(&pod.Status)
		return false, nil, nil
	})
}

// setStatus changes the pod's status later.
func (w *world) setStatus(change func(*corev1.PodStatus)) {
	GinkgoHelper()
	pod := w.pod()
	change(&pod.Status)
	_, err := w.client.CoreV1().Pods(namespace).UpdateStatus(context.Background(), pod, metav1.UpdateOptions{})
	Expect(err).NotTo(HaveOccurred())
}

// pod is the only one.
func (w *world) pod() *corev1.Pod {
	GinkgoHelper()
	pods := w.pods()
	Expect(pods).To(HaveLen(1))
	return &pods[0]
}

func (w *world) pods() []corev1.Pod {
	list, err := w.client.CoreV1().Pods(namespace).List(context.Background(), metav1.ListOptions{})
	Expect(err).NotTo(HaveOccurred())
	return list.Items
}

func (w *world) secrets() []corev1.Secret {
	list, err := w.client.CoreV1().Secrets(namespace).List(context.Background(), metav1.ListOptions{})
	Expect(err).NotTo(HaveOccurred())
	return list.Items
}

func (w *world) stateDirs() []os.DirEntry {
	entries, err := os.ReadDir(w.config.StateDir)
	Expect(err).NotTo(HaveOccurred())
	return entries
}

// expectNothingLeft waits, as what failed to start is removed behind its answer.
func (w *world) expectNothingLeft() {
	GinkgoHelper()
	Eventually(w.pods).Should(BeEmpty())
	Eventually(w.secrets).Should(BeEmpty())
	Eventually(w.stateDirs).Should(BeEmpty())
	Expect(w.backend.Containers(nil)).To(BeEmpty())
}

func task() garden.ContainerSpec {
	return garden.ContainerSpec{
		Handle:     handle,
		RootFSPath: "docker:///" + image,
		Env:        []string{"TOKEN=s3cret-env"},
		NetOut:     []garden.NetOutRule{{Networks: []garden.IPRange{{Start: net.IPv4zero, End: net.IPv4bcast}}}},
		Properties: garden.Properties{
			"user":            "root",
			contract.Pipeline: "demo",
			contract.Type:     "task",
			contract.Step:     "unit",
		},
	}
}

func privateTask() garden.ContainerSpec {
	spec := task()
	spec.Image = garden.ImageRef{URI: spec.RootFSPath, Username: "robot", Password: "s3cret-password"}
	return spec
}
