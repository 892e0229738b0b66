package testflight_test

import (
	"context"
	"path/filepath"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	backend "github.com/concourse/concourse-kubernetes/worker/kubernetes"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/image"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod"
)

// What deploy/policies/worker.yaml says of pods, in the words of its rules.
const (
	onlyCreatesAndDeletes = "a worker creates and deletes pods, and does nothing else with them"
	tokenNamesNoNode      = "the worker's token names no node"
	ownNodeOnly           = "a worker creates and deletes pods of its own node only"
	labelled              = "a worker's pods have the label app.kubernetes.io/managed-by=concourse"
	noHostNamespaces      = "a worker's pods share no namespace of the node"
	noHostPorts           = "a worker's pods take no port of the node"
	ownHostPaths          = "host paths of a worker's pods are init, run directories of pods and volumes in its work dir"
	kindsOfVolumes        = "volumes of a worker's pods are of the kinds"
	noSecrets             = "a worker's pods name no Secret but the pull secret of their own name"
	noServiceAccount      = "a worker's pods have no service account but those that the policy names, and no token"
	oneContainer          = "a worker's pods have one container"
	noPrivilege           = "the policy allows no privileged steps"
)

// dryRun has the API server decide and do nothing.
var dryRun = metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}

// anotherServiceAccount is one that no step has.
const anotherServiceAccount = "deployer"

// boundedNamespace is a namespace in which the workers' service account may do
// everything, as far as RBAC goes, so that only the workers' policies bound it.
type boundedNamespace struct {
	name string
	// admin may do everything everywhere. worker has the token of the first
	// node's worker.
	admin, worker kubernetes.Interface
}

func newBoundedNamespace(ctx context.Context) boundedNamespace {
	GinkgoHelper()
	needOwnCluster()
	admin, err := runs.Client()
	Expect(err).NotTo(HaveOccurred())
	config, err := clientcmd.BuildConfigFromFlags("", runs.WorkerKubeconfig(concourse.WorkerDaemon))
	Expect(err).NotTo(HaveOccurred())
	worker, err := kubernetes.NewForConfig(config)
	Expect(err).NotTo(HaveOccurred())

	n := boundedNamespace{name: newNamespace(ctx, admin, "worker-policy-"), admin: admin, worker: worker}
	_, err = admin.CoreV1().ServiceAccounts(n.name).Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: anotherServiceAccount}}, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	_, err = admin.RbacV1().RoleBindings(n.name).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "everything"},
		Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: concourse.Namespace, Name: concourse.WorkerServiceAccount}},
		RoleRef:    rbacv1.RoleRef{Kind: "ClusterRole", Name: "cluster-admin"},
	}, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	Eventually(ctx, may).WithArguments(worker, n.name, right{"pods", "deletecollection"}).Should(BeTrue())
	return n
}

// needOwnCluster skips where the workers have the user's own rights.
func needOwnCluster() {
	GinkgoHelper()
	if runs.Cluster.IsExternal() {
		Skip("workers in a cluster of the user's have the rights of KUBECONFIG")
	}
}

// newNamespace makes a namespace that takes pods. It goes after the spec.
func newNamespace(ctx context.Context, admin kubernetes.Interface, prefix string) string {
	GinkgoHelper()
	namespaces := admin.CoreV1().Namespaces()
	made, err := namespaces.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: prefix}}, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(namespaces.Delete, made.Name, metav1.DeleteOptions{})
	Eventually(ctx, func() error {
		_, err := admin.CoreV1().ServiceAccounts(made.Name).Get(ctx, "default", metav1.GetOptions{})
		return err
	}).Should(Succeed())
	return made.Name
}

// workDir is that of the first node's worker.
func workDir(elements ...string) string {
	return filepath.Join(append([]string{runs.Cluster.DaemonDir(), concourse.WorkerDaemon}, elements...)...)
}

// stepPod is a pod as the first node's worker makes them.
func (n boundedNamespace) stepPod() *corev1.Pod {
	config := backend.Config{
		Namespace:  n.name,
		NodeName:   runs.Cluster.NodeName(),
		WorkerName: concourse.WorkerName,
		StateDir:   workDir("containers"),
		InitBinary: workDir("init", "concourse-init"),
	}
	const handle = "some-handle"
	return pod.Build(config.Worker(), garden.ContainerSpec{
		Handle:     handle,
		BindMounts: []garden.BindMount{{SrcPath: workDir("volumes", "live", "some-volume", "volume"), DstPath: "/scratch"}},
	}, image.Image{Reference: runs.Cluster.Registry() + "/busybox"}, config.RunDir(handle))
}

// loginSecret is a Secret as the worker of that node makes them.
func (n boundedNamespace) loginSecret(node string) *corev1.Secret {
	of := n.stepPod()
	of.Spec.NodeName = node
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: of.Name, Labels: of.Labels, Annotations: pod.SecretAnnotations(of)},
		Type:       corev1.SecretTypeDockerConfigJson,
		Data:       map[string][]byte{corev1.DockerConfigJsonKey: []byte(`{"auths":{}}`)},
	}
}

// make creates, as the administrator, a pod that no kubelet ever starts, as no
// scheduler takes it or as there is no such node.
func (n boundedNamespace) make(ctx context.Context, change func(*corev1.Pod)) *corev1.Pod {
	GinkgoHelper()
	desired := n.stepPod()
	desired.Name, desired.GenerateName = "", "made-"
	desired.Spec.NodeName, desired.Spec.SchedulerName = "", "none"
	change(desired)
	made, err := n.admin.CoreV1().Pods(n.name).Create(ctx, desired, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	return made
}

// makeSecret creates a Secret as the administrator.
func (n boundedNamespace) makeSecret(ctx context.Context, secret *corev1.Secret) *corev1.Secret {
	GinkgoHelper()
	secret.Name, secret.GenerateName = "", "made-"
	made, err := n.admin.CoreV1().Secrets(n.name).Create(ctx, secret, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	return made
}

// clientOf has a token of a service account, which names the node if there is one.
func clientOf(ctx context.Context, namespace, serviceAccount, node string) kubernetes.Interface {
	GinkgoHelper()
	token, err := runs.ServiceAccountToken(ctx, namespace, serviceAccount, node)
	Expect(err).NotTo(HaveOccurred())
	config, err := runs.ConfigWithToken(token)
	Expect(err).NotTo(HaveOccurred())
	client, err := kubernetes.NewForConfig(config)
	Expect(err).NotTo(HaveOccurred())
	return client
}
