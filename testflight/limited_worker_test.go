package testflight_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3/lagertest"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"

	"github.com/concourse/concourse-kubernetes/deploy"
	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	backend "github.com/concourse/concourse-kubernetes/worker/kubernetes"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/pod/template"
)

// right is a verb on a resource that deploy/rbac/worker.yaml gives to a worker.
type right struct{ resource, verb string }

func (r right) String() string { return r.verb + " " + r.resource }

// workerRights are all of them.
func workerRights() []right {
	role, clusterRole := workerRoles()
	var all []right
	for _, rule := range append(role.Rules, clusterRole.Rules...) {
		for _, resource := range rule.Resources {
			for _, verb := range rule.Verbs {
				all = append(all, right{resource, verb})
			}
		}
	}
	return all
}

// workerRoles are read while Ginkgo collects the specs, so an error is a panic.
func workerRoles() (role rbacv1.Role, clusterRole rbacv1.ClusterRole) {
	manifests, err := concourse.Manifests(deploy.WorkerRBAC)
	if err != nil {
		panic(fmt.Errorf("deploy/rbac/worker.yaml: %w", err))
	}
	for _, manifest := range manifests {
		var into any
		switch manifest.GetKind() {
		case "Role":
			into = &role
		case "ClusterRole":
			into = &clusterRole
		default:
			continue
		}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(manifest.Object, into); err != nil {
			panic(fmt.Errorf("deploy/rbac/worker.yaml: %w", err))
		}
	}
	return role, clusterRole
}

// rulesWithout are the rules but for one right.
func rulesWithout(missing right, rules []rbacv1.PolicyRule) []rbacv1.PolicyRule {
	var left []rbacv1.PolicyRule
	for _, rule := range rules {
		if slices.Contains(rule.Resources, missing.resource) {
			rule.Verbs = slices.DeleteFunc(slices.Clone(rule.Verbs), func(verb string) bool { return verb == missing.verb })
		}
		if len(rule.Verbs) > 0 { // Kubernetes refuses a rule without one
			left = append(left, rule)
		}
	}
	return left
}

// limitedWorker is the runtime of a worker in a namespace of its own, with a
// service account that lacks a right, or none.
type limitedWorker struct {
	client    kubernetes.Interface
	namespace string
	// name is that of the service account, and part of handles.
	name string
	log  *lagertest.TestLogger
}

// newLimitedWorker returns one that lacks the right. The zero right is none.
func newLimitedWorker(ctx context.Context, namespace string, missing right) limitedWorker {
	GinkgoHelper()
	admin, err := runs.Client()
	Expect(err).NotTo(HaveOccurred())
	role, clusterRole := workerRoles()
	name := metav1.ObjectMeta{GenerateName: "worker-"}
	account, err := admin.CoreV1().ServiceAccounts(namespace).Create(ctx, &corev1.ServiceAccount{ObjectMeta: name}, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	name = metav1.ObjectMeta{Name: account.Name}
	inCluster := metav1.ObjectMeta{Name: namespace + "-" + account.Name}
	subjects := []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: namespace, Name: account.Name}}

	rbac := admin.RbacV1()
	_, err = rbac.Roles(namespace).Create(ctx, &rbacv1.Role{ObjectMeta: name, Rules: rulesWithout(missing, role.Rules)}, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	_, err = rbac.RoleBindings(namespace).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: name, Subjects: subjects, RoleRef: rbacv1.RoleRef{Kind: "Role", Name: name.Name},
	}, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	_, err = rbac.ClusterRoles().Create(ctx, &rbacv1.ClusterRole{ObjectMeta: inCluster, Rules: rulesWithout(missing, clusterRole.Rules)}, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(rbac.ClusterRoles().Delete, inCluster.Name, metav1.DeleteOptions{})
	_, err = rbac.ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: inCluster, Subjects: subjects, RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: inCluster.Name},
	}, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(rbac.ClusterRoleBindings().Delete, inCluster.Name, metav1.DeleteOptions{})

	w := limitedWorker{
		client: clientOf(ctx, namespace, account.Name, ""), namespace: namespace, name: account.Name, log: lagertest.NewTestLogger("worker"),
	}
	for _, r := range workerRights() { // the API server takes a moment to know a role
		Eventually(ctx, may).WithArguments(w.client, namespace, r).Should(Equal(r != missing), r.String())
	}
	return w
}

// may asks the API server whether the client has a right.
func may(ctx context.Context, client kubernetes.Interface, namespace string, r right) (bool, error) {
	of := &authorizationv1.ResourceAttributes{Namespace: namespace, Verb: r.verb, Resource: r.resource}
	if r.resource == "nodes" {
		of.Namespace = ""
	}
	review, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: of},
	}, metav1.CreateOptions{})
	if err != nil {
		return false, err
	}
	return review.Status.Allowed, nil
}

// start starts the runtime with a template for its pods, and returns why it does
// not start. What it leaves goes after the spec.
func (w limitedWorker) start(podTemplate string) (*backend.Backend, error) {
	GinkgoHelper()
	dir := stateDir()
	init, err := backend.InstallInit(filepath.Join("..", "bin", "concourse-init"), filepath.Join(dir, "init"))
	Expect(err).NotTo(HaveOccurred())
	merged, err := template.Parse("pods.yml", []byte(podTemplate))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(w.removePods)

	own := runs.Runtime(w.name, w.client, dir, init, w.log)
	own.Namespace, own.PodTemplate = w.namespace, merged
	containers, err := backend.NewBackend(own)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(containers.Stop)
	return containers, containers.Start()
}

// stateDir is removed after the spec, once the runtime has removed its containers.
func stateDir() string {
	GinkgoHelper()
	dir, err := os.MkdirTemp("", "runtime")
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Eventually(func() error { return os.RemoveAll(dir) }).Should(Succeed()) })
	return dir
}

// removePods removes those that a worker left that may not delete any.
func (w limitedWorker) removePods(ctx SpecContext) {
	admin, err := runs.Client()
	Expect(err).NotTo(HaveOccurred())
	pods := admin.CoreV1().Pods(w.namespace)
	Expect(pods.DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: new(int64(1))}, metav1.ListOptions{})).To(Succeed())
	Eventually(ctx, func() ([]corev1.Pod, error) {
		list, err := pods.List(ctx, metav1.ListOptions{})
		return list.Items, err
	}).Should(BeEmpty())
}

// step is a container whose image is in the registry that wants a login.
func (w limitedWorker) step(digest string) garden.ContainerSpec {
	login := runs.Cluster.RegistryLogins()[0]
	image := "docker:///" + runs.Cluster.PrivateRegistry() + "/busybox@" + digest
	return garden.ContainerSpec{
		Handle:     w.name + "-container",
		RootFSPath: image,
		Image:      garden.ImageRef{URI: image, Username: login.User, Password: login.Password},
		NetOut:     []garden.NetOutRule{{}}, // of any step but a hermetic one
	}
}

// limitMemory bounds that of each container in the namespace, until the spec ends. It waits
// until the API server knows.
func limitMemory(ctx context.Context, namespace, most string) {
	GinkgoHelper()
	admin, err := runs.Client()
	Expect(err).NotTo(HaveOccurred())
	max := corev1.ResourceList{corev1.ResourceMemory: resource.MustParse(most)}
	made, err := admin.CoreV1().LimitRanges(namespace).Create(ctx, &corev1.LimitRange{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "memory-"},
		Spec:       corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{Type: corev1.LimitTypeContainer, Max: max}}},
	}, metav1.CreateOptions{})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(admin.CoreV1().LimitRanges(namespace).Delete, made.Name, metav1.DeleteOptions{})

	above := resource.MustParse(most)
	above.Mul(2)
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{GenerateName: "above-"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{
		Name: "step", Image: "busybox", Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{corev1.ResourceMemory: above}},
	}}}}
	Eventually(ctx, func() error {
		_, err := admin.CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	}).Should(MatchError(ContainSubstring("maximum memory usage")))
}
