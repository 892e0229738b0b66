package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/policy"
	"github.com/concourse/concourse/atc/runtime"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("an image in Amazon ECR", func() {
	const registry = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"

	var f *fixture

	BeforeEach(func() {
		f = newFixture()
		f.vars["aws-secret"] = "some-aws-secret"
		f.get.Get.Source = atc.Source{
			"repository":            "a/b",
			"aws_region":            "eu-west-1",
			"aws_access_key_id":     "some-key-id",
			"aws_secret_access_key": "((aws-secret))",
			"aws_role_arn":          "some-role",
		}
		f.logins.registry, f.logins.username, f.logins.password = registry, "AWS", "some-token"
	})

	It("is left to the kubelet with the login that AWS gives", func(ctx SpecContext) {
		Expect(f.fetched(ctx).ImageURL).To(Equal(registry + "/a/b@" + digest))
		Expect(f.delegate.NativeImages()).To(ConsistOf(And(
			HaveField("Reference", registry+"/a/b@"+digest),
			HaveField("Username", "AWS"),
			HaveField("Password", "some-token"),
		)))
		Expect(f.logins.asked).To(Equal([]registryimage.AWS{{
			AccessKeyID: "some-key-id", SecretAccessKey: "some-aws-secret", Region: "eu-west-1", RoleARNs: []string{"some-role"},
		}}))
	})

	It("has the resource cache of its source, not of the login", func(ctx SpecContext) {
		f.fetched(ctx)
		Expect(f.cachesMade()).To(ConsistOf(HaveField("Source", And(
			HaveKeyWithValue("repository", "a/b"),
			HaveKeyWithValue("aws_secret_access_key", "some-aws-secret"),
			Not(HaveKey("password")),
		))))
	})

	It("is fetched into a volume where AWS refuses, after one line that says why", func(ctx SpecContext) {
		f.logins.err = errors.New("log in to ECR: AccessDenied: grant this action")
		upstreams := runtime.ImageSpec{ImageURL: "what upstream returns"}
		f.upstream.FetchImageReturns(upstreams, f.cache, nil)
		f.privileged = true

		image, cache, err := f.fetch(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(image).To(Equal(upstreams))
		Expect(cache).To(BeIdenticalTo(f.cache))
		Expect(f.upstream.FetchImageCallCount()).To(Equal(1))
		_, get, check, privileged := f.upstream.FetchImageArgsForCall(0)
		Expect(get).To(Equal(f.get))
		Expect(check).To(BeIdenticalTo(f.check))
		Expect(privileged).To(BeTrue())
		Expect(f.ran).To(BeEmpty())
		Expect(f.events()).To(BeEmpty())
		Expect(f.delegate.NativeImages()).To(BeEmpty())
		Expect(f.lines()).To(ConsistOf(And(
			ContainSubstring("not pulled by the kubelet"),
			ContainSubstring("log in to ECR: AccessDenied: grant this action"),
			Not(ContainSubstring("some-aws-secret")),
		)))
	})

	It("is none that AWS is asked about where the policy denies it", func(ctx SpecContext) {
		f.policies.ShouldCheckActionReturns(true)
		f.verdict.ShouldBlockReturns(true)
		Expect(f.fetchError(ctx)).To(BeAssignableToTypeOf(policy.PolicyCheckNotPass{}))
		Expect(f.logins.asked).To(BeEmpty())
	})

	It("is not fetched at all where the step was aborted meanwhile", func(ctx SpecContext) {
		aborted, abort := context.WithCancel(ctx)
		abort()
		f.logins.err = fmt.Errorf("log in to ECR: %w", context.Canceled)
		Expect(f.fetchError(aborted)).To(MatchError(context.Canceled))
		Expect(f.lines()).To(BeEmpty())
		Expect(f.upstream.FetchImageCallCount()).To(BeZero())
	})

	It("fails where AWS names something that is no registry", func(ctx SpecContext) {
		f.logins.registry = "no registry"
		Expect(f.fetchError(ctx)).To(MatchError(ContainSubstring(`"no registry"`)))
	})

	DescribeTable("is not asked for a login",
		func(ctx SpecContext, change func()) {
			change()
			_, _, err := f.fetch(ctx)
			Expect(err).NotTo(HaveOccurred())
			Expect(f.logins.asked).To(BeEmpty())
		},
		Entry("with the flag off", func() { f.mode = NativeImageFetchNever }),
		Entry("without keys, which would be web's own", func() { delete(f.get.Get.Source, "aws_secret_access_key") }),
		Entry("where something else is in the way", func() { f.get.Get.Source["content_trust"] = map[string]any{} }),
		Entry("of another registry", func() { f.get.Get.Source = atc.Source{"repository": "ghcr.io/a/b"} }),
	)
})
