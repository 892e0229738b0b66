package testflight_test

import (
	"context"
	"net/http"
	"path/filepath"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3/lagertest"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	backend "github.com/concourse/concourse-kubernetes/worker/kubernetes"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod/template"
)

// ownRuntime is the runtime of a worker on the first node that only its spec uses. It
// makes its pods in a namespace of its own, and may do everything there.
type ownRuntime struct {
	admin     kubernetes.Interface
	namespace string
	dir, init string
	log       *lagertest.TestLogger
}

func newOwnRuntime(ctx context.Context) ownRuntime {
	GinkgoHelper()
	admin, err := runs.Client()
	Expect(err).NotTo(HaveOccurred())
	r := ownRuntime{admin: admin, namespace: newNamespace(ctx, admin, "own-runtime-"), dir: stateDir(), log: lagertest.NewTestLogger("worker")}
	DeferCleanup(r.removePods)
	r.init, err = backend.InstallInit(filepath.Join("..", "bin", "concourse-init"), filepath.Join(r.dir, "init"))
	Expect(err).NotTo(HaveOccurred())
	return r
}

// start starts it, after an earlier one was stopped if there was one, with a
// template for its pods. Its requests to the API server go through a transport that may
// be nil.
func (r ownRuntime) start(podTemplate string, through func(http.RoundTripper) http.RoundTripper) *backend.Backend {
	GinkgoHelper()
	config, err := clientcmd.BuildConfigFromFlags("", runs.Cluster.Kubeconfig())
	Expect(err).NotTo(HaveOccurred())
	if through != nil {
		config.Wrap(through)
	}
	client, err := kubernetes.NewForConfig(config)
	Expect(err).NotTo(HaveOccurred())
	merged, err := template.Parse("pods.yml", []byte(podTemplate))
	Expect(err).NotTo(HaveOccurred())

	own := runs.Runtime(r.namespace, client, r.dir, r.init, r.log)
	own.Namespace, own.PodTemplate = r.namespace, merged
	started, err := backend.NewBackend(own)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(started.Stop)
	Expect(started.Start()).To(Succeed())
	return started
}

// removePods has the next spec find the node with all of its room.
func (r ownRuntime) removePods(ctx SpecContext) {
	GinkgoHelper()
	pods := r.admin.CoreV1().Pods(r.namespace)
	Expect(pods.DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: new(int64(1))}, metav1.ListOptions{})).To(Succeed())
	Eventually(ctx, func() ([]string, error) {
		list, err := pods.List(ctx, metav1.ListOptions{})
		if err != nil {
			return nil, err
		}
		return names(list.Items), nil
	}).WithTimeout(patience).Should(BeEmpty())
}

// container is one of that handle.
func (r ownRuntime) container(handle string) garden.ContainerSpec {
	GinkgoHelper()
	return garden.ContainerSpec{
		Handle:     handle,
		RootFSPath: "docker:///" + runs.Cluster.Registry() + "/busybox@" + digestOf("busybox:latest"),
		NetOut:     []garden.NetOutRule{{}}, // of any step but a hermetic one
	}
}
