package testflight_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/concourse/concourse-kubernetes/testflight/concourse"
)

var _ = Describe("the token of a worker, for Secrets", Ordered, ContinueOnFailure, func() {
	const (
		typeOfSecret = "Secrets of a worker are of the type kubernetes.io/dockerconfigjson"
		ownSecrets   = "a worker has to do with the Secrets of its own node's pods only"
	)
	var n boundedNamespace
	BeforeAll(func(ctx SpecContext) { n = newBoundedNamespace(ctx) })

	It("lets it create, hand over and delete a login", func(ctx SpecContext) {
		secrets := n.worker.CoreV1().Secrets(n.name)
		made, err := secrets.Create(ctx, n.loginSecret(runs.Cluster.NodeName()), metav1.CreateOptions{})
		Expect(err).NotTo(HaveOccurred())
		_, err = secrets.Patch(ctx, made.Name, types.MergePatchType, []byte(`{"metadata":{"ownerReferences":null}}`), metav1.PatchOptions{})
		Expect(err).NotTo(HaveOccurred())
		Expect(secrets.Delete(ctx, made.Name, metav1.DeleteOptions{})).To(Succeed())
	})

	DescribeTable("creates no other", func(ctx SpecContext, change func(*corev1.Secret), rule string) {
		desired := n.loginSecret(runs.Cluster.NodeName())
		change(desired)
		_, err := n.worker.CoreV1().Secrets(n.name).Create(ctx, desired, dryRun)
		Expect(err).To(MatchError(ContainSubstring(rule)))
	},
		Entry("which gets a service account's token", func(secret *corev1.Secret) {
			secret.Type, secret.Data = corev1.SecretTypeServiceAccountToken, nil
			secret.Annotations[corev1.ServiceAccountNameKey] = "default"
		}, typeOfSecret),
		Entry("of any content", func(secret *corev1.Secret) { secret.Type = corev1.SecretTypeOpaque }, typeOfSecret),
		Entry("that looks like the operator's", func(secret *corev1.Secret) { secret.Labels = nil }, ownSecrets),
		Entry("for another node", func(secret *corev1.Secret) {
			secret.Annotations["concourse-ci.org/node"] = "another-node"
		}, ownSecrets),
	)

	DescribeTable("neither reads, by a patch, nor deletes one", func(ctx SpecContext, secret func() *corev1.Secret, rule string) {
		made := n.makeSecret(ctx, secret())
		secrets := n.worker.CoreV1().Secrets(n.name)
		for _, patch := range []string{`{}`, `{"metadata":{"labels":{"app.kubernetes.io/managed-by":"concourse"}}}`} {
			_, err := secrets.Patch(ctx, made.Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
			Expect(err).To(MatchError(ContainSubstring(rule)))
		}
		Expect(secrets.Delete(ctx, made.Name, metav1.DeleteOptions{})).To(MatchError(ContainSubstring(rule)))
	},
		Entry("of the operator's", func() *corev1.Secret {
			return &corev1.Secret{Data: map[string][]byte{"password": []byte("secret")}}
		}, typeOfSecret),
		Entry("with the operator's login", func() *corev1.Secret {
			secret := n.loginSecret(runs.Cluster.NodeName())
			secret.Labels, secret.Annotations = nil, nil
			return secret
		}, ownSecrets),
		Entry("of a step on another node", func() *corev1.Secret { return n.loginSecret("another-node") }, ownSecrets),
	)

	It("is of no use without a node", func(ctx SpecContext) {
		_, err := clientOf(ctx, concourse.Namespace, concourse.WorkerServiceAccount, "").CoreV1().Secrets(n.name).Create(ctx, n.loginSecret(""), dryRun)
		Expect(err).To(MatchError(ContainSubstring(tokenNamesNoNode)))
	})
})
