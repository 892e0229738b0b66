package testflight_test

import (
	"strings"
	"time"

	"code.cloudfoundry.org/garden"
	"code.cloudfoundry.org/lager/v3"
	"github.com/concourse/concourse-kubernetes/testflight/concourse"
	backend "github.com/concourse/concourse-kubernetes/worker/kubernetes"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

var _ = Describe("a worker whose cluster is not as it wants it", func() {
	// create starts a backend with a configuration and asks it for a container.
	create := func(namespace string, configure func(*rest.Config)) error {
		GinkgoHelper()
		config, err := clientcmd.BuildConfigFromFlags("", runs.Cluster.Kubeconfig())
		Expect(err).NotTo(HaveOccurred())
		configure(config)
		client, err := kubernetes.NewForConfig(config)
		Expect(err).NotTo(HaveOccurred())

		own := runs.Runtime("spec", client, stateDir(), "/nowhere/concourse-init", lager.NewLogger("spec"))
		own.Namespace = namespace
		pods, err := backend.NewBackend(own)
		Expect(err).NotTo(HaveOccurred())
		Expect(pods.Start()).To(Succeed())
		DeferCleanup(pods.Stop)

		_, err = pods.Create(garden.ContainerSpec{
			Handle:     "some-handle",
			RootFSPath: "docker:///" + runs.Cluster.Registry() + "/busybox",
		})
		return err
	}

	It("says that the namespace is missing", func() {
		err := create("missing", func(*rest.Config) {})
		Expect(err).To(MatchError(ContainSubstring(`namespaces "missing" not found`)))
	})

	It("says that it may not create pods", func(ctx SpecContext) {
		client, err := runs.Client()
		Expect(err).NotTo(HaveOccurred())
		roles, bindings := client.RbacV1().Roles(concourse.Namespace), client.RbacV1().RoleBindings(concourse.Namespace)
		name := metav1.ObjectMeta{Name: "watches-only"}
		_, err = roles.Create(ctx, &rbacv1.Role{ObjectMeta: name, Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{""}, Resources: []string{"pods", "events"}, Verbs: []string{"get", "list", "watch"}},
		}}, metav1.CreateOptions{})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(roles.Delete, name.Name, metav1.DeleteOptions{})
		_, err = bindings.Create(ctx, &rbacv1.RoleBinding{
			ObjectMeta: name,
			Subjects:   []rbacv1.Subject{{Kind: "User", Name: "watcher"}},
			RoleRef:    rbacv1.RoleRef{Kind: "Role", Name: name.Name},
		}, metav1.CreateOptions{})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(bindings.Delete, name.Name, metav1.DeleteOptions{})

		asWatcher := func(config *rest.Config) { config.Impersonate.UserName = "watcher" }
		config, err := clientcmd.BuildConfigFromFlags("", runs.Cluster.Kubeconfig())
		Expect(err).NotTo(HaveOccurred())
		asWatcher(config)
		watcher, err := kubernetes.NewForConfig(config)
		Expect(err).NotTo(HaveOccurred())
		for _, verb := range []string{"get", "list", "watch"} { // the API server takes a moment to know a role
			Eventually(ctx, may).WithArguments(watcher, concourse.Namespace, right{verb: verb, resource: "pods"}).Should(BeTrue())
		}

		err = create(concourse.Namespace, asWatcher)
		Expect(err).To(MatchError(And(ContainSubstring("forbidden"), ContainSubstring("watcher"))))
		Expect(strings.Count(err.Error(), "forbidden")).To(Equal(1), "said once")
	}, SpecTimeout(time.Minute))
})
